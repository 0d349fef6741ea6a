import { connectWith } from '../../sdk/src/connect.ts'
import type { Jobwire } from '../../sdk/src/jobwire/jobwire.ts'
import { openNodeSocket } from '../../sdk/src/wire/node-socket.ts'
import type { ConnectOptions } from '../../sdk/src/api/types.ts'
import type { tasks } from '../../tasks/index.ts'
import { disorderly } from './disorderly-socket.ts'
import type { DisorderlySocket } from './disorderly-socket.ts'
import { seededRandom } from './random-numbers.ts'

export interface ChaosClient {
  readonly jobs: Jobwire<typeof tasks>
  readonly socket: DisorderlySocket
}

/** Connects a client through the proxy at `proxyHost`, with frames that come late, twice and out of order. */
export async function connectThrough(proxyHost: string, seed: number, options: ConnectOptions): Promise<ChaosClient> {
  const socket = disorderly((url, events) => {
    const through = new URL(url)
    through.host = proxyHost
    return openNodeSocket(through.href, events)
  }, seed)
  const random = seededRandom(seed)
  const jobs = await connectWith<typeof tasks>({ openSocket: socket.open, random }, { ...options, transport: 'socket' })
  return { jobs, socket }
}
