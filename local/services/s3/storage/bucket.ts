import { createHash } from 'node:crypto'
import type { Clock } from '../../../clock.ts'
import { type ExpiryRule, expiryOf, nextMidnight } from './lifecycle.ts'
import type { ObjectFiles } from './object-files.ts'
import type { ObjectHead, StoredObject } from './stored-object.ts'
import { Uploads } from './uploads.ts'

export interface BucketOptions {
  readonly name: string
  readonly rules: readonly ExpiryRule[]
  /** Rules that end uploads that nobody completes. */
  readonly uploadRules: readonly ExpiryRule[]
  readonly files: ObjectFiles
  readonly clock: Clock
}

/** The bytes of an object, with its key, headers and checksums. An object that is made of parts has its own tag. */
export type NewObject = Pick<ObjectHead, 'key' | 'headers' | 'checksums' | 'compositeChecksum'> & {
  readonly body: Buffer
  readonly etag?: string
}

/** One bucket: its objects by key, and the lifecycle rules that end them at midnight. */
export class Bucket {
  readonly name: string
  readonly createdAt: number
  readonly uploads: Uploads
  #rules: readonly ExpiryRule[]
  readonly #files: ObjectFiles
  readonly #clock: Clock
  readonly #heads: Map<string, ObjectHead>
  #cancelSweep: (() => void) | undefined

  constructor({ name, rules, uploadRules, files, clock }: BucketOptions) {
    this.name = name
    this.createdAt = clock.now()
    this.uploads = new Uploads(clock, uploadRules)
    this.#rules = rules
    this.#files = files
    this.#clock = clock
    this.#heads = new Map(files.heads().map((head) => [head.key, head]))
    this.#sweep()
  }

  /** Changes the lifecycle rules, also for what is there already. */
  configure({ rules, uploadRules }: Pick<BucketOptions, 'rules' | 'uploadRules'>): void {
    this.#rules = rules
    this.uploads.configure(uploadRules)
    this.#sweep()
  }

  put({ body, etag, ...more }: NewObject): ObjectHead {
    const lastModified = Math.floor(this.#clock.now() / 1_000) * 1_000
    const head = { ...more, size: body.length, etag: etag ?? etagOf(body), lastModified }
    const { key } = head
    this.#files.write({ head, body })
    this.#heads.set(key, head)
    this.#waitForMidnight()
    return head
  }

  head(key: string): ObjectHead | undefined {
    return this.#heads.get(key)
  }

  get(key: string): StoredObject | undefined {
    const head = this.#heads.get(key)
    return head && { head, body: this.#files.read(key) }
  }

  delete(key: string): void {
    if (this.#heads.delete(key)) this.#files.remove(key)
  }

  /** Lists objects after the key `after`, in the order of the keys' bytes. */
  list(prefix: string, after: string): ObjectHead[] {
    const start = Buffer.from(after)
    return [...this.#heads.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .map((head) => ({ head, bytes: Buffer.from(head.key) }))
      .filter(({ bytes }) => bytes.compare(start) > 0)
      .sort((one, other) => one.bytes.compare(other.bytes))
      .map(({ head }) => head)
  }

  close(): void {
    this.uploads.close()
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
  }

  #sweep(): void {
    const now = this.#clock.now()
    for (const { key, lastModified } of this.#heads.values()) {
      const expiry = expiryOf(key, lastModified, this.#rules)
      if (expiry !== undefined && expiry <= now) this.delete(key)
    }
    this.#waitForMidnight()
  }

  #waitForMidnight(): void {
    if (this.#cancelSweep !== undefined || this.#rules.length === 0 || this.#heads.size === 0) return
    const now = this.#clock.now()
    this.#cancelSweep = this.#clock.after(nextMidnight(now + 1) - now, () => {
      this.#cancelSweep = undefined
      this.#sweep()
    })
  }
}

/** The MD5 of the bytes, in quotes. */
export function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`
}

export function bucketArn(bucketName: string): string {
  return `arn:aws:s3:::${bucketName}`
}
