import type { Json } from '../../../protocol/job/job.ts'

/** Keeps the payloads that are too large for a record and a message. */
export interface PayloadStore {
  /** Resolves once the payload is durable. Whoever puts the same key again puts the same JSON. */
  put(key: string, json: string): Promise<void>
  /** Returns undefined if the payload is gone. Rejects if that is not sure. */
  get(key: string): Promise<Json | undefined>
  /** Does nothing if the payload is gone. */
  remove(key: string): Promise<void>
}
