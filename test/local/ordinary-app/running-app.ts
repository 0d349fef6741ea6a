import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startCloud, type Cloud, type CloudOptions, type UpdateSummary } from '../../../local/cloud.ts'
import { buildRuntime } from '../../../local/services/lambda/runtime/build-runtime.ts'
import { clientSettings } from '../../conformance/cloud/client-settings.ts'
import { synthesizeOrdinaryApp, type OrdinaryApp } from '../../fixtures/ordinary-app/app.ts'

/** An ordinary app on a local cloud, and what the tests do with it. */
export interface RunningApp {
  readonly cloud: Cloud
  readonly log: readonly string[]
  /** Applies another version of the app. */
  update(options: OrdinaryApp): Promise<UpdateSummary>
  /** Runs the function and returns what it returned, or its error. */
  invoke(functionName: string): Promise<{ status: number; body: Record<string, unknown> }>
  put(id: string): Promise<void>
  has(id: string): Promise<boolean>
  send(body: string, queueUrl?: string): Promise<unknown>
  close(): Promise<void>
}

export async function startOrdinaryApp(
  options: OrdinaryApp = {},
  cloudOptions: Omit<CloudOptions, 'assemblyDir' | 'runtimePath'> = {},
): Promise<RunningApp> {
  // Inside of the project, whose packages the functions find.
  mkdirSync('.jobwire', { recursive: true })
  const workDir = mkdtempSync(join(process.cwd(), '.jobwire/ordinary-app-'))
  const runtimePath = join(workDir, 'runtime.cjs')
  buildRuntime(runtimePath)
  let versions = 0
  const synthesize = (version: OrdinaryApp): string =>
    synthesizeOrdinaryApp(join(workDir, `version-${++versions}`, 'cdk.out'), version)
  const log: string[] = []
  const cloud = await startCloud({
    assemblyDir: synthesize(options),
    runtimePath,
    log: ({ level, source, message }) => log.push(`${level} ${source}: ${message}`),
    ...cloudOptions,
  })
  const dynamodb = new DynamoDBClient(clientSettings(cloud.endpoint))
  const sqs = new SQSClient(clientSettings(cloud.endpoint))
  const table = (): string => cloud.outputs['TableName']!
  return {
    cloud,
    log,
    update: (version) => cloud.update(synthesize(version)),
    async invoke(functionName) {
      const answer = await fetch(`${cloud.endpoint}/2015-03-31/functions/${functionName}/invocations`, {
        method: 'POST',
      })
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    },
    async put(id) {
      await dynamodb.send(new PutItemCommand({ TableName: table(), Item: { id: { S: id } } }))
    },
    async has(id) {
      const { Item } = await dynamodb.send(new GetItemCommand({ TableName: table(), Key: { id: { S: id } } }))
      return Item !== undefined
    },
    send: (body, queueUrl = cloud.outputs['QueueUrl']!) =>
      sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body })),
    async close() {
      dynamodb.destroy()
      sqs.destroy()
      await cloud.close()
      rmSync(workDir, { recursive: true, force: true })
    },
  }
}

/** Waits for a state that comes by itself. The test's own timeout is the limit. */
export async function waitUntil(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
}
