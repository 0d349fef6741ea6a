import { randomBytes } from 'node:crypto'
import type { Clock } from '../../../clock.ts'
import { AwsError } from '../../../wire/call.ts'
import { type ExpiryRule, expiryOf, nextMidnight } from './lifecycle.ts'

export interface UploadedPart {
  readonly number: number
  readonly body: Buffer
  readonly etag: string
  readonly lastModified: number
  readonly checksum: string
}

/** An object that is uploaded in parts. */
export interface Upload {
  readonly id: string
  readonly key: string
  readonly initiatedAt: number
  readonly headers: Readonly<Record<string, string>>
  /** Like `x-amz-checksum-crc32`. */
  readonly checksumHeader: string
  /** True if the caller chose the checksum, and not we. */
  readonly checksumIsChosen: boolean
  readonly compositeChecksum: boolean
  readonly parts: Map<number, UploadedPart>
}

/** The uploads of one bucket that are not complete. They are in memory only, and end with the process. */
export class Uploads {
  readonly #clock: Clock
  #rules: readonly ExpiryRule[]
  readonly #byId = new Map<string, Upload>()
  #cancelSweep: (() => void) | undefined

  constructor(clock: Clock, rules: readonly ExpiryRule[]) {
    this.#clock = clock
    this.#rules = rules
  }

  configure(rules: readonly ExpiryRule[]): void {
    this.#rules = rules
    this.#waitForMidnight()
  }

  start(upload: Pick<Upload, 'key' | 'headers' | 'checksumHeader' | 'checksumIsChosen' | 'compositeChecksum'>): Upload {
    const id = randomBytes(48).toString('base64url')
    const started = { ...upload, id, initiatedAt: this.#clock.now(), parts: new Map<number, UploadedPart>() }
    this.#byId.set(id, started)
    this.#waitForMidnight()
    return started
  }

  find(id: string, key: string): Upload {
    const upload = this.#byId.get(id)
    if (upload?.key === key) return upload
    throw new AwsError(
      'NoSuchUpload',
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
      404,
      { UploadId: id },
    )
  }

  end(id: string): void {
    this.#byId.delete(id)
  }

  /** Lists uploads in the order of their keys' bytes, the oldest of a key first. */
  list(prefix: string): Upload[] {
    return [...this.#byId.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)))
  }

  close(): void {
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
  }

  #waitForMidnight(): void {
    if (this.#cancelSweep !== undefined || this.#rules.length === 0 || this.#byId.size === 0) return
    const now = this.#clock.now()
    this.#cancelSweep = this.#clock.after(nextMidnight(now + 1) - now, () => {
      this.#cancelSweep = undefined
      for (const { id, key, initiatedAt } of this.#byId.values()) {
        const expiry = expiryOf(key, initiatedAt, this.#rules)
        if (expiry !== undefined && expiry <= this.#clock.now()) this.#byId.delete(id)
      }
      this.#waitForMidnight()
    })
  }
}
