import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from '@jest/globals'
import { App } from 'aws-cdk-lib/core'
import { Template } from 'aws-cdk-lib/assertions'
import type { JobPlatformProps } from '../../lib/job-platform.ts'
import { PlatformStack } from '../../bin/platform-stack.ts'

export type Resource = { Type: string; Properties: Record<string, any>; [attribute: string]: unknown }

export interface SynthesizedStack {
  readonly template: Template
  /** Returns the resources of a type by logical id. */
  resources(type: string): Record<string, Resource>
  /** Finds the function whose description begins like this, and its logical id. */
  functionOf(description: string): { id: string; properties: Record<string, any> }
  outputs: Record<string, { Value: unknown }>
}

/** Synthesizes this repository's stack with these settings, in a folder that is removed after the file's tests. */
export function synthesizeStack(platform: JobPlatformProps = {}): SynthesizedStack {
  const outdir = mkdtempSync(join(tmpdir(), 'jobwire-synth-'))
  afterAll(() => rmSync(outdir, { recursive: true, force: true }))
  // Checking against CloudFormation's rules takes seconds, and app.test.ts does it.
  process.env['CDK_VALIDATION'] = 'false'
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> }
  const app = new App({ outdir, context, analyticsReporting: false, treeMetadata: false })
  const template = Template.fromStack(new PlatformStack(app, 'Jobwire', { platform }))
  const resources = (type: string) => template.findResources(type) as Record<string, Resource>
  return {
    template,
    resources,
    outputs: template.findOutputs('*') as Record<string, { Value: unknown }>,
    functionOf(description) {
      const found = Object.entries(resources('AWS::Lambda::Function')).filter(([, { Properties }]) =>
        String(Properties['Description']).startsWith(description),
      )
      if (found.length !== 1) throw new Error(`${found.length} functions are described as "${description}".`)
      const [id, { Properties: properties }] = found[0]!
      return { id, properties }
    },
  }
}

/** Returns the logical id that a `Ref` or an `Fn::GetAtt` names. */
export function referenced(value: unknown): string {
  const reference = value as { Ref?: string; 'Fn::GetAtt'?: [string, string] }
  const id = reference.Ref ?? reference['Fn::GetAtt']?.[0]
  if (id === undefined) throw new Error(`${JSON.stringify(value)} refers to no resource.`)
  return id
}
