import type { Json } from '../../../protocol/job/job.ts'
import type { PayloadStore } from '../../domain/payloads/payload-store.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { PayloadClient } from './payload-client.ts'

export interface PayloadBucket {
  readonly bucketName: string
  /** Set by emulators and the local cloud, which address buckets by path only. */
  readonly endpointUrl?: string | undefined
  readonly clock: Clock
}

/** A record and its message are written shortly after each other and point at the same object. */
const KNOWN_MS = 60_000
const KNOWN_KEYS = 1_000

/** Payloads as objects of a bucket. The client is created for the first large payload; most never need it. */
export function createPayloadBucket({ bucketName, endpointUrl, clock }: PayloadBucket): PayloadStore {
  let opening: Promise<PayloadClient> | undefined
  const open = (): Promise<PayloadClient> =>
    (opening ??= import('./payload-client.ts').then(({ openPayloadClient }) =>
      openPayloadClient(bucketName, endpointUrl !== undefined && endpointUrl !== ''),
    ))
  const known = new Map<string, number>()

  return {
    async put(key, json) {
      const storedAt = known.get(key)
      if (storedAt !== undefined && clock.now() - storedAt < KNOWN_MS) return
      const client = await open()
      await client.put(key, json)
      if (known.size >= KNOWN_KEYS) known.clear()
      known.set(key, clock.now())
    },
    async get(key) {
      const client = await open()
      const json = await client.get(key)
      return json === undefined ? undefined : (JSON.parse(json) as Json)
    },
    async remove(key) {
      const client = await open()
      known.delete(key)
      await client.remove(key)
    },
  }
}
