import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { getHeapSnapshot, queryObjects } from 'node:v8'
import { Client } from '../../sdk/src/client/client.ts'
import { Connection } from '../../sdk/src/wire/connection.ts'
import { JobwireError } from '../../sdk/src/api/errors.ts'
import { FrameQueue } from '../../sdk/src/wire/frame-queue.ts'
import { JobHandle } from '../../sdk/src/calls/job-handle.ts'
import { Link } from '../../sdk/src/wire/link.ts'
import { MapRun } from '../../sdk/src/calls/map-run.ts'
import { ResultCache } from '../../sdk/src/client/result-cache.ts'
import { TrackedJob } from '../../sdk/src/client/tracked-job.ts'
import { WatchList } from '../../sdk/src/client/watch-list.ts'
import { connectThrough } from './chaos-client.ts'

/*
 * Runs one client in its own process, through the disorder of the chaos test. After each round of jobs, it prints a
 * line of JSON that says what is left in the heap. The client is never closed: if the process ends, nothing is held.
 */
/** The most waits, in all rounds together, for a client that still holds jobs. */
const MAX_LOOKS = 150

/** The heap after a round, without garbage and with the connection ended. */
export interface HeapReport {
  readonly round: string
  readonly ms: number
  /** The number of instances of each class of the client, and of timers. */
  readonly instances: Readonly<Record<string, number>>
  /** The number of all objects. */
  readonly objects: number
  /** The number of job ids in any string of the heap: in a table, a frame or a closure. */
  readonly ids: number
  /** The number of listeners on the signal that every call was given. */
  readonly listeners: number
  readonly heapUsed: number
}

const CLASSES: Readonly<Record<string, Function>> = {
  ...{ Client, Connection, FrameQueue, JobHandle, JobwireError, Link, MapRun, ResultCache, TrackedJob, WatchList },
  Timeout: timeoutClass(),
}

function timeoutClass(): Function {
  const timer = setTimeout(() => {}, 0)
  clearTimeout(timer)
  return timer.constructor
}

const [url = '', token = '', proxyHost = '', ...numbers] = process.argv.slice(2)
const [SEED, JOBS, CACHED] = numbers.map(Number) as [number, number, number]
const { signal } = new AbortController()
const { jobs, socket } = await connectThrough(proxyHost, SEED, { url, token, cache: { entries: CACHED } })

let looks = 0

async function report(round: string, work: () => Promise<void>): Promise<void> {
  const startMs = performance.now()
  await work()
  const ms = performance.now() - startMs
  await untilIdle()
  const ids = await idsInHeap()
  const instances = instancesNow()
  const objects = queryObjects(Object, { format: 'count' })
  globalThis.gc!()
  const { heapUsed } = process.memoryUsage()
  const listeners = getEventListeners(signal, 'abort').length
  const told: HeapReport = { round, ms, instances, objects, ids, listeners, heapUsed }
  process.stdout.write(`${JSON.stringify(told)}\n`)
}

function instancesNow(): Record<string, number> {
  return Object.fromEntries(Object.entries(CLASSES).map(([name, of]) => [name, queryObjects(of, { format: 'count' })]))
}

/**
 * Waits until the client holds no job, and then breaks its connection. A result may overtake the answer to its submit:
 * then the client still waits for that answer. A client that never lets go of its jobs is reported as it is.
 */
async function untilIdle(): Promise<void> {
  while (queryObjects(TrackedJob, { format: 'count' }) > 0 && looks++ < MAX_LOOKS) {
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  await socket.quiet()
  // Lets the last callbacks of sockets and of abandoned promises run.
  await new Promise((resolve) => setTimeout(resolve, 0))
}

/** Returns the number of job ids in the heap. Nothing else looks like them. */
async function idsInHeap(): Promise<number> {
  let text = ''
  let rest = ''
  const ids = new Set<string>()
  for await (const chunk of getHeapSnapshot().setEncoding('latin1') as AsyncIterable<string>) {
    text = rest + chunk
    for (const [id] of text.matchAll(/chaos-[a-z]+-\d-\d{5}/g)) ids.add(id)
    rest = text.slice(-64)
  }
  return ids.size
}

const idOf = (round: string, index: number): string => `chaos-${round}-${String(index).padStart(5, '0')}`
const inputsOf = (count: number): { index: number }[] => Array.from({ length: count }, (_, index) => ({ index }))

async function map(round: string, count: number): Promise<void> {
  const options = { signal, timeout: '10m', id: (_input: unknown, index: number) => idOf(round, index) } as const
  assert.deepEqual(await jobs.map('echo', inputsOf(count), options), inputsOf(count))
}

async function stream(round: string, count: number): Promise<void> {
  const options = { signal, timeout: '10m', id: (_input: unknown, index: number) => idOf(round, index) } as const
  const seen = new Set<number>()
  for await (const { index } of jobs.stream('echo', inputsOf(count), options)) seen.add(index)
  assert.equal(seen.size, count)
}

/** Breaks off a map, which cancels the jobs that it has begun. */
async function abandon(round: string, count: number): Promise<void> {
  const options = { signal, id: (_input: unknown, index: number) => idOf(round, index) }
  for await (const { index } of jobs.stream(
    'wait',
    inputsOf(count).map(() => ({ ms: 20 })),
    options,
  )) {
    if (index >= count / 10) break
  }
}

/** Runs jobs by handles: with their updates, their results, and an error that is caught. */
async function handles(round: string, count: number): Promise<void> {
  await Promise.all(
    inputsOf(count).map(async ({ index }) => {
      const job = await jobs.submit('echo', { index }, { id: idOf(round, index), signal, timeout: '10m' })
      for await (const _update of job.updates({ signal, timeout: '10m' })) continue
      assert.deepEqual(await job.result({ signal, timeout: '10m' }), { index })
      await assert.rejects(
        jobs.run('fail', {}, { id: idOf(`${round.slice(0, -2)}fails${round.slice(-2)}`, index), signal }),
      )
    }),
  )
}

await report('start', async () => {
  // Runs everything once: objects that are made only once exist then, and the cache is full.
  await abandon('start-0', JOBS / 20)
  await handles('start-1', JOBS / 20)
})
await report('map', () => map('map-1', JOBS))
await report('abandoned', () => abandon('abandon-2', JOBS / 10))
await report('stream', () => stream('stream-3', JOBS / 10))
await report('handles', () => handles('handles-4', JOBS / 10))
await report('map', () => map('map-5', JOBS / 10))
