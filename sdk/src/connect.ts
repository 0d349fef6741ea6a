import { createIdSource } from '../../protocol/job/id.ts'
import type { PlatformInfo } from '../../protocol/wire/rest.ts'
import type { TaskMap } from '../../protocol/job/task.ts'
import { Client } from './client/client.ts'
import { checkConnectOptions } from './api/input.ts'
import { JobwireClient } from './jobwire/jobwire.ts'
import type { Jobwire } from './jobwire/jobwire.ts'
import { RestClient } from './wire/rest-client.ts'
import { ResultCache } from './client/result-cache.ts'
import type { OpenSocket } from './wire/socket.ts'
import type { Clock } from '../../protocol/kit/clock.ts'
import { systemClock } from './time/system-clock.ts'
import type { ConnectOptions, TasksOf } from './api/types.ts'
import { waitWithin } from './time/wait.ts'

/** The parts that differ between Node, browsers and tests. */
export interface Seams {
  readonly openSocket: OpenSocket
  readonly clock?: Clock
  readonly random?: () => number
}

/** A refused connection gets a few tries, not a long silence before the error. */
const CONNECT_TRIES = 3

export async function connectWith<T extends TasksOf<T> = TaskMap>(
  { openSocket, clock = systemClock, random = Math.random }: Seams,
  options: ConnectOptions,
): Promise<Jobwire<T>> {
  const { url, entries, ttlMs } = checkConnectOptions(options)
  const restClient = new RestClient(url, options.token, clock, random)
  const info = await waitWithin<PlatformInfo>(clock, options, undefined, (resolve, reject) => {
    restClient.fetchInfo(CONNECT_TRIES).then(resolve, reject)
  }).catch((error: unknown) => {
    restClient.close()
    throw error
  })
  const nextId = createIdSource(
    () => clock.now(),
    (bytes) => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>),
  )
  const cache = new ResultCache(clock, entries, ttlMs)
  const polling = options.transport !== 'socket'
  return new JobwireClient<T>(
    new Client({ restClient, info, openSocket, polling, cache, clock, random, nextId, defaults: options.defaults }),
  )
}
