/**
 * The entry of an execution environment. It runs in a worker thread, loads the function's handler, and runs one
 * invocation at a time. Bundled by `buildRuntime`.
 *
 * Between invocations the thread blocks on its gate, so that the function is frozen as on AWS: timers, sockets and
 * promises that the handler did not wait for stand still until the next invocation.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { oversizedResponsePayload, thrownPayload } from './error-payloads.ts'
import { captureOutput } from './function-console.ts'
import { addLayers } from './layer-modules.ts'
import { refuseRealAws } from './real-aws-guard.ts'
import { loadHandler } from './handler-loader.ts'
import type { Handler } from './handler-loader.ts'
import type { InvokeMessage, RuntimeMessage, RuntimeStart } from './runtime-messages.ts'
import { shiftDate } from './shift-date.ts'

/** Longer than the pauses of a busy function. */
const SHRINK_AFTER_MS = 1_000

const start = workerData as RuntimeStart
const port = parentPort as MessagePort
const gate = new Int32Array(start.gate)
let requestId = '-'

// Taken before the function's code can replace them.
const { stringify, parse } = JSON
const now = performance.now.bind(performance)
const post = (message: RuntimeMessage) => port.postMessage(message)
// Must happen before the function's code is loaded, because the code may keep its own reference to `Date`.
if (start.clockOffset !== undefined) shiftDate(new Float64Array(start.clockOffset))
const collectGarbage = takeGarbageCollector()
if (start.allowRealAws !== true) refuseRealAws()
addLayers(start.layerFolders ?? [], start.runtime)
const loopTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

captureOutput(
  start.logging,
  () => requestId,
  (level, line) => post({ type: 'log', level, line }),
)
process.on('beforeExit', () => post({ type: 'unsettled' }))
void runInvocations()

async function runInvocations(): Promise<void> {
  let handler: Handler
  try {
    handler = await loadHandler(start)
  } catch (error) {
    logError('Init Error', error)
    post({ type: 'initFailed', payload: thrownPayload(error) })
    return
  }
  post({ type: 'ready' })
  for (;;) {
    const message = nextInvocation()
    // Sockets that the other side closed during the freeze must leave their pools before the handler takes one. The
    // thread may have been frozen past its polling phase, so only a second turn is sure to have polled.
    await loopTurn()
    await loopTurn()
    requestId = message.requestId
    post(await runHandler(handler, message))
  }
}

function nextInvocation(): InvokeMessage {
  // A thread that is still busy sees the open gate before it is notified. The notification then wakes it for nothing,
  // when the invocation may be over already.
  let waitMs = SHRINK_AFTER_MS
  while (Atomics.exchange(gate, 0, 0) === 0) {
    if (Atomics.wait(gate, 0, 0, waitMs) !== 'timed-out') continue
    // V8 gives back memory only while code runs, so an idle thread would keep what its busiest moment took.
    collectGarbage?.()
    waitMs = Infinity
  }
  return receiveMessageOnPort(port)!.message as InvokeMessage
}

async function runHandler(handler: Handler, message: InvokeMessage): Promise<RuntimeMessage> {
  const startedAt = now()
  try {
    const payload = serialize(await handler(parse(message.payload), createHandlerContext(message)))
    const oversized = oversizedResponsePayload(payload)
    return {
      type: 'answer',
      payload: oversized ?? payload,
      failed: oversized !== undefined,
      durationMs: now() - startedAt,
    }
  } catch (error) {
    logError('Invoke Error', error)
    return { type: 'answer', payload: thrownPayload(error), failed: true, durationMs: now() - startedAt }
  }
}

/** Hides V8's collector, which `environment.ts` has exposed, from the function's code. It cannot be deleted. */
function takeGarbageCollector(): typeof globalThis.gc {
  const { gc } = globalThis
  globalThis.gc = undefined
  return gc
}

function logError(what: string, error: unknown): void {
  if (start.logging.format === 'JSON') console.error(error)
  else console.error(what, error)
}

function serialize(result: unknown): string {
  try {
    return stringify(result) ?? 'null'
  } catch {
    throw Object.assign(new Error('Unable to stringify response body'), { name: 'Runtime.JSONStringifyError' })
  }
}

function createHandlerContext(message: InvokeMessage): Record<string, unknown> {
  const deadline = Date.now() + message.timeoutMs
  return {
    functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: process.env['AWS_LAMBDA_FUNCTION_VERSION'],
    memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    logGroupName: process.env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'],
    invokedFunctionArn: start.functionArn,
    awsRequestId: message.requestId,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
}
