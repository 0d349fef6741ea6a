import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '../../../local/clock.ts'
import type { LogEntry } from '../../../local/context.ts'
import { Meter } from '../../../local/meter.ts'
import { buildRuntime } from '../../../local/services/lambda/runtime/build-runtime.ts'
import { createLambda } from '../../../local/services/lambda/service.ts'
import type { LambdaDeps, LambdaService } from '../../../local/services/lambda/service.ts'
import { cloudContext } from '../cloud/cloud-context.ts'

/** A Lambda service over handlers that a test writes, on a clock that the test moves. */
export interface LambdaCloud {
  readonly lambda: LambdaService
  readonly clock: ManualClock
  readonly meter: Meter
  readonly logs: readonly LogEntry[]
  /** The folder that handlers are written to. */
  readonly folder: string
  /** Makes a function from the source of its `index.js`. Returns its ARN. */
  define(name: string, source: string, properties?: Record<string, unknown>): Promise<string>
  /** Makes a function from these files. */
  defineFiles(name: string, files: Record<string, string>, properties?: Record<string, unknown>): Promise<string>
  /** Runs it and reads the answer. */
  run(functionArn: string, event?: unknown): Promise<{ value: any; functionError?: string; requestId: string }>
  /** Waits for the first log line that contains the text. */
  logged(text: string): Promise<LogEntry>
  close(): Promise<void>
}

export function openLambdaCloud(options: Partial<LambdaDeps> = {}): LambdaCloud {
  const folder = mkdtempSync(join(tmpdir(), 'jobwire-lambda-'))
  const runtimePath = join(folder, 'runtime.cjs')
  buildRuntime(runtimePath)
  const clock = new ManualClock()
  const meter = new Meter()
  const logs: LogEntry[] = []
  const listeners = new Set<(entry: LogEntry) => void>()
  const lambda = createLambda(
    cloudContext({
      clock,
      meter,
      log: (entry) => {
        logs.push(entry)
        for (const listener of listeners) listener(entry)
      },
    }),
    {
      credentials: (roleArn, functionName) => ({
        accessKeyId: `key-of-${functionName}`,
        secretAccessKey: `secret-of-${roleArn}`,
        sessionToken: 'token',
      }),
      assetPath: (key) => join(folder, key),
      queues: {
        send() {
          throw new Error('This cloud has no queues.')
        },
      },
      runtimePath,
      ...options,
    },
  )

  async function defineFiles(name: string, files: Record<string, string>, properties: Record<string, unknown> = {}) {
    mkdirSync(join(folder, name), { recursive: true })
    for (const [file, source] of Object.entries(files)) writeFileSync(join(folder, name, file), source)
    const created = await lambda.resources['AWS::Lambda::Function']!({
      logicalId: name,
      type: 'AWS::Lambda::Function',
      properties: {
        Code: { S3Bucket: 'assets', S3Key: name },
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Role: `arn:aws:iam::000000000000:role/${name}`,
        ...properties,
      },
    })
    return created.attributes['Arn']!
  }

  return {
    lambda,
    clock,
    meter,
    logs,
    folder,
    define: (name, source, properties) => defineFiles(name, { 'index.js': source }, properties),
    defineFiles,
    async run(functionArn, event = {}) {
      const { payload, ...rest } = await lambda.invoke(functionArn, JSON.stringify(event))
      return { value: JSON.parse(payload), ...rest }
    },
    logged(text) {
      const earlier = logs.find((entry) => entry.message.includes(text))
      if (earlier !== undefined) return Promise.resolve(earlier)
      return new Promise((resolve) => {
        const listener = (entry: LogEntry) => {
          if (!entry.message.includes(text)) return
          listeners.delete(listener)
          resolve(entry)
        }
        listeners.add(listener)
      })
    },
    async close() {
      await lambda.close?.()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
