import { afterAll, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { buildRuntime } from '../../../local/services/lambda/runtime/build-runtime.ts'
import type {
  InvokeMessage,
  RuntimeMessage,
  RuntimeStart,
} from '../../../local/services/lambda/runtime/runtime-messages.ts'

const folder = mkdtempSync(join(tmpdir(), 'jobwire-gate-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('a frozen environment stays frozen if it is woken without an invocation', async () => {
  const runtimePath = join(folder, 'runtime.cjs')
  buildRuntime(runtimePath)
  writeFileSync(join(folder, 'index.js'), 'exports.handler = async (event) => event.n + 1')
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(runtimePath, {
    workerData: {
      gate: gate.buffer,
      taskRoot: folder,
      handler: 'index.handler',
      runtime: 'nodejs24.x',
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
      logging: { format: 'Text', level: 'INFO' },
    } satisfies RuntimeStart,
  })
  const answer = new Promise<RuntimeMessage>((resolve, reject) => {
    worker.on('message', (message: RuntimeMessage) => message.type === 'answer' && resolve(message))
    worker.on('error', reject)
  })
  // The notifications of invocations that are over already: each finds the thread asleep again.
  const wakeUp = async (): Promise<void> => {
    while (Atomics.notify(gate, 0) === 0) await setImmediate()
  }
  await Promise.race([answer, wakeUp().then(wakeUp)])
  worker.postMessage({ requestId: 'r', timeoutMs: 1_000, payload: '{"n":1}' } satisfies InvokeMessage)
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
  expect(await answer).toMatchObject({ type: 'answer', payload: '2', failed: false })
  await worker.terminate()
})
