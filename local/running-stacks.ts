import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DeployedStacks, ResourcePlace } from './assembly/deployment.ts'
import { namedValues, ownValue } from './named-values.ts'
import type { DescribedStack } from './services/cloudformation/described-stack.ts'
import type { LambdaService } from './services/lambda/service.ts'
import type { SqsService } from './services/sqs/service.ts'

/** A stack that runs, as a program sees it. */
export interface RunningStack {
  /** With the local addresses of its APIs. */
  readonly outputs: Readonly<Record<string, string>>
  /** By logical id. */
  readonly resources: Readonly<Record<string, RunningResource>>
}

export interface RunningResource {
  readonly type: string
  /** The value of `Ref`: a name, an ARN or an address. */
  readonly ref: string
}

export interface Activity {
  /** Invocations of functions that run or wait for an environment. */
  readonly invocations: number
  /** Messages in queues that can be received. */
  readonly visible: number
  /** Messages that are hidden for now, because they are delayed or were received. */
  readonly hidden: number
}

export function runningStacks(
  deployed: DeployedStacks,
  localText: (text: string) => string,
): Record<string, RunningStack> {
  return namedValues(
    [...deployed.values()].map(({ stackName, outputs, resources }) => [
      stackName,
      {
        outputs: namedValues(
          Object.entries(outputs).map(([name, value]): [string, string] => [name, localText(String(value))]),
        ),
        resources: namedValues(
          [...resources].map(([logicalId, { resource, created }]) => [
            logicalId,
            { type: resource.type, ref: created.ref },
          ]),
        ),
      },
    ]),
  )
}

/** Describes the stacks for CloudFormation's calls. */
export function describeStacks(deployed: DeployedStacks, localText: (text: string) => string): DescribedStack[] {
  return [...deployed.values()].map(({ stackName, stackId, outputs, exportNames, resources }) => ({
    stackName,
    stackId,
    outputs: Object.entries(outputs).map(([name, value]) => ({
      name,
      value: localText(String(value)),
      exportName: ownValue(exportNames, name),
    })),
    resources: [...resources].map(([logicalId, { resource, created }]) => ({
      logicalId,
      type: resource.type,
      physicalId: created.ref,
    })),
  }))
}

export function mergedOutputs(deployed: DeployedStacks, localText: (text: string) => string): Record<string, string> {
  const stacks = Object.values(runningStacks(deployed, localText))
  return Object.assign({}, ...stacks.toReversed().map(({ outputs }) => outputs)) as Record<string, string>
}

export function countActivity(functions: LambdaService, sqs: SqsService): Activity {
  const counts = [...sqs.queues()].map((queue) => queue.counts())
  return {
    invocations: functions.runningInvocations(),
    visible: counts.reduce((sum, { visible }) => sum + visible, 0),
    hidden: counts.reduce((sum, { delayed, inFlight }) => sum + delayed + inFlight, 0),
  }
}

export function updateFunctionCode(
  deployed: DeployedStacks,
  functions: LambdaService,
  { stackName, logicalId, directory }: ResourcePlace & { readonly directory: string },
): void {
  const made = deployed.get(stackName)?.resources.get(logicalId)
  if (made?.resource.type !== 'AWS::Lambda::Function') {
    throw new Error(`The stack ${stackName} has no function with the logical id ${logicalId}.`)
  }
  if (!existsSync(directory)) throw new Error(`The folder ${directory} for the code of ${logicalId} does not exist.`)
  functions.updateCode(made.created.ref, resolve(directory))
}
