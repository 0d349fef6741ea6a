import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { MessagePort } from 'node:worker_threads'
import type { Credentials } from './sign-request.ts'
import { signRequest } from './sign-request.ts'

/** The messages that a worker holds, by the addresses of their queues. A new list takes the place of the one before. */
export interface HeldReceipts {
  readonly receipts: Readonly<Record<string, readonly string[]>>
}

export interface HoldThreadData {
  /** Not 0 while the worker has a batch in hand. Shared memory, so that it counts at once. */
  readonly active: SharedArrayBuffer
  readonly region: string
  readonly credentials: Credentials
  /** The address that stands in for AWS, in a local cloud or an emulator. */
  readonly endpoint?: string | undefined
  readonly everyMs: number
  readonly seconds: number
}

const TIMEOUT_MS = 5_000

/**
 * Hides the messages of a worker's batch, every few seconds. It runs in a thread of its own: a task that computes
 * without a pause blocks the worker's own thread, and its message must stay hidden all the same. The thread ends with
 * the process, so that a crash lets the messages go.
 */
export function runHoldThread(port: MessagePort, data: HoldThreadData): void {
  const active = new Int32Array(data.active)
  let receipts: HeldReceipts['receipts'] = {}
  port.on('message', (held: HeldReceipts) => {
    receipts = held.receipts
  })
  setInterval(() => {
    for (const [queueUrl, handles] of Object.entries(receipts)) {
      // Looked at each time: the batch may have ended since the timer was set, or while this environment was frozen.
      if (Atomics.load(active, 0) !== 0 && handles.length > 0) hide(data, queueUrl, handles)
    }
  }, data.everyMs)
}

function hide(
  { region, credentials, endpoint, seconds }: HoldThreadData,
  queueUrl: string,
  handles: readonly string[],
): void {
  const body = JSON.stringify({
    QueueUrl: queueUrl,
    Entries: handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: seconds })),
  })
  const url = new URL('/', endpoint ?? queueUrl)
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'AmazonSQS.ChangeMessageVisibilityBatch',
  }
  const signed = signRequest({ url, headers, body }, { service: 'sqs', region, credentials, now: new Date() })
  const send = url.protocol === 'http:' ? requestHttp : requestHttps
  const call = send(url, { method: 'POST', headers: signed, timeout: TIMEOUT_MS }, (answer) => answer.resume())
  // The next turn tries again.
  call.on('error', () => undefined)
  call.on('timeout', () => call.destroy())
  call.end(body)
}
