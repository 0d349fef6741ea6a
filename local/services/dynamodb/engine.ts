import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { CloudContext } from '../../context.ts'
import { AwsError } from '../../wire/call.ts'
import { connectEngine, type EngineConnection } from './connection.ts'
import { findDynoxide } from './dynoxide-binary.ts'
import { startDynoxide } from './dynoxide-process.ts'

/** A connection to an engine that may still be starting. Calls wait for it. */
export interface Engine extends EngineConnection {
  /** Resolves once the engine listens. Rejects if it cannot start. */
  readonly started: Promise<unknown>
}

/** Starts a Dynoxide of our own, or connects to the engine at `endpoint`. Returns at once. */
export function openEngine(context: Pick<CloudContext, 'dataDir' | 'log'>, endpoint?: string): Engine {
  const own = endpoint === undefined ? startOwnEngine(context) : undefined
  const connected = own === undefined ? Promise.resolve(connectEngine(endpoint!)) : own.then(connectTo)
  // Whoever waits for `started` hears of a failure. Until somebody does, it must not end the process.
  connected.catch(() => undefined)
  return {
    started: connected,
    send: async (headers, body) => (await connected).send(headers, body),
    call: async (operation, input) => (await connected).call(operation, input),
    async close() {
      await connected.then((connection) => connection.close()).catch(() => undefined)
      await own?.then((engine) => engine.close()).catch(() => undefined)
    },
  }
}

/** An engine that has no table and takes every change: for the trial of an update. */
export function pretendedEngine(): EngineConnection {
  return {
    send: () => Promise.reject(new Error('A trial makes no calls.')),
    call: (operation) =>
      operation === 'DescribeTable'
        ? Promise.reject(new AwsError('ResourceNotFoundException', 'There is no table in a trial.'))
        : Promise.resolve({}),
    close: () => Promise.resolve(),
  }
}

function connectTo({ endpoint }: { readonly endpoint: string }): EngineConnection {
  return connectEngine(endpoint)
}

async function startOwnEngine({
  dataDir,
  log,
}: Pick<CloudContext, 'dataDir' | 'log'>): ReturnType<typeof startDynoxide> {
  const binary = findDynoxide()
  if (dataDir === undefined) return await startDynoxide({ binary, log })
  mkdirSync(dataDir, { recursive: true })
  return await startDynoxide({ binary, log, databasePath: join(dataDir, 'tables.sqlite') })
}
