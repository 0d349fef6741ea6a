import { afterEach, beforeEach } from '@jest/globals'
import { connectWith } from '../../../sdk/src/connect.ts'
import type { Seams } from '../../../sdk/src/connect.ts'
import { openNodeSocket } from '../../../sdk/src/wire/node-socket.ts'
import type { Jobwire } from '../../../sdk/src/jobwire/jobwire.ts'
import type { ConnectOptions } from '../../../sdk/src/api/types.ts'
import { ScriptedPeer } from './scripted-peer.ts'

export interface PeerSetup {
  /** The peer of the current test. */
  peer: ScriptedPeer
  /** Connects a client, which is closed after the test. Backoff is zero unless `random` is given. */
  connect(seams?: Partial<Seams>, options?: Partial<ConnectOptions>): Promise<Jobwire>
}

/** Starts a new peer for each test, and closes it with the clients of the test. */
export function usePeer(): PeerSetup {
  const clients: Jobwire[] = []
  const setup: PeerSetup = {
    peer: undefined as unknown as ScriptedPeer,
    async connect(seams = {}, options = {}) {
      const client = await connectWith(
        { openSocket: openNodeSocket, random: () => 0, ...seams },
        { url: setup.peer.url, token: 'secret', ...options },
      )
      clients.push(client)
      return client
    },
  }
  beforeEach(async () => {
    setup.peer = await ScriptedPeer.start()
  })
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()))
    await setup.peer.close()
  })
  return setup
}
