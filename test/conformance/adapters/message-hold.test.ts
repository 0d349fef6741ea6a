import { ReceiveMessageCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { buildSync } from 'esbuild'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { ManualClock } from '../../../local/clock.ts'
import type { HoldingWorkerData } from '../../fixtures/holding-worker/index.ts'
import { itemOf, jobOf } from '../../unit/fakes/platform.ts'
import { clientSettings } from '../cloud/client-settings.ts'
import type { SqsEndpoint } from '../services/sqs/sqs-endpoint.ts'
import { startSqs } from '../services/sqs/sqs-endpoint.ts'

/** The queue hides what it gives out for this long if nobody says otherwise. */
const VISIBILITY_S = 360
const HOLD_MS = 18_000

let directory: string
let clock: ManualClock
let sqs: SqsEndpoint
let client: SQSClient
let urls: HoldingWorkerData['urls']
let worker: Worker | undefined
/** Waits for the next call that hides messages, and returns how many it hides. */
let nextCall: () => Promise<number>

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'jobwire-hold-'))
  clock = new ManualClock()
  let note: (count: number) => void = () => undefined
  nextCall = () => new Promise((resolve) => (note = resolve))
  sqs = await startSqs({
    clock,
    interceptors: [
      async (call, next) => {
        const answer = await next()
        if (call.operation === 'ChangeMessageVisibilityBatch') note((call.input()['Entries'] as unknown[]).length)
        return answer
      },
    ],
  })
  const normal = (await sqs.makeQueue('n', { VisibilityTimeout: VISIBILITY_S })).ref
  urls = { default: { critical: normal, high: normal, normal, low: normal } }
  client = new SQSClient(clientSettings(sqs.endpoint))
})
afterEach(async () => {
  await worker?.terminate()
  client.destroy()
  await sqs.close()
  rmSync(directory, { recursive: true, force: true })
})

async function receive(): Promise<string[]> {
  const { Messages: messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: urls['default']!.normal, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
  )
  return messages.map(({ ReceiptHandle }) => ReceiptHandle!)
}

/** Sends two messages and starts a worker that holds them, with its event loop blocked. */
async function startWorker(everyMs: number) {
  const Entries = ['a', 'b'].map((id) => ({ Id: id, MessageBody: id }))
  await client.send(new SendMessageBatchCommand({ QueueUrl: urls['default']!.normal, Entries }))
  const bundle = (entry: string, name: string): string => {
    const outfile = join(directory, name)
    buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' })
    return outfile
  }
  const wake = new Int32Array(new SharedArrayBuffer(4))
  const handles = await receive()
  const data: HoldingWorkerData = {
    ...{ endpoint: sqs.endpoint, urls, everyMs, wake: wake.buffer },
    threadFile: bundle('lambdas/entry/hold-thread.ts', 'hold-thread.js'),
    items: handles.map((receiptHandle, index) => itemOf(jobOf(`job-${index}`), { receiptHandle })),
  }
  worker = new Worker(bundle('test/fixtures/holding-worker/index.ts', 'holding-worker.cjs'), { workerData: data })
  const says = async (text: string): Promise<void> => {
    const [said] = (await once(worker!, 'message')) as [string]
    expect(said).toBe(text)
  }
  await says('held')
  return {
    /** Lets the event loop of the worker go on. */
    async awake() {
      Atomics.store(wake, 0, 1)
      Atomics.notify(wake, 0)
      await says('awake')
    },
    async tell(then: string) {
      worker!.postMessage('go on')
      await says(then)
    },
  }
}

const OFTEN_MS = 50
/** No turn of the thread comes during a test. */
const NEVER_MS = 3_600_000

describe('the messages of a batch', () => {
  it('stay hidden while the process lives, also while its event loop is blocked, and come again 18 s after it is gone', async () => {
    await startWorker(OFTEN_MS)
    // Far beyond the first hold, and beyond what the queue itself would hide.
    for (let hidden = 0; hidden < 2 * VISIBILITY_S * 1_000; hidden += HOLD_MS - 1) {
      expect(await nextCall()).toBe(2)
      await clock.advance(HOLD_MS - 1)
      expect(await receive()).toEqual([])
    }
    await nextCall()
    await worker!.terminate()
    await clock.advance(HOLD_MS - 1)
    expect(await receive()).toEqual([])
    await clock.advance(1)
    expect(await receive()).toHaveLength(2)
  })

  it('come again within 18 s if the process ends before the first turn of its thread', async () => {
    await startWorker(NEVER_MS)
    await worker!.terminate()
    await clock.advance(HOLD_MS - 1)
    expect(await receive()).toEqual([])
    await clock.advance(1)
    expect(await receive()).toHaveLength(2)
  })

  it('are let go one by one, and all at the end of the batch, while the process lives on', async () => {
    const { awake, tell } = await startWorker(OFTEN_MS)
    await awake()
    expect(await nextCall()).toBe(2)
    await tell('dropped')
    while ((await nextCall()) !== 1);
    await clock.advance(HOLD_MS - 1)
    await nextCall()
    await clock.advance(1)
    expect(await receive()).toHaveLength(1)
    await tell('released')
    await clock.advance(HOLD_MS)
    expect(await receive()).toHaveLength(1)
  })
})
