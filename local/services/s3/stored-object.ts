/** What a bucket keeps of an object beside its bytes. */
export interface ObjectHead {
  readonly key: string
  readonly size: number
  /** With its quotes, as it travels. */
  readonly etag: string
  /** Epoch milliseconds, in whole seconds: that is all HTTP dates can say. */
  readonly lastModified: number
  /** Headers that come back as they were given: the content type, what belongs to caches, `x-amz-meta-*`. */
  readonly headers: Readonly<Record<string, string>>
  /** By header, like `x-amz-checksum-crc32`. */
  readonly checksums: Readonly<Record<string, string>>
}

export interface StoredObject {
  readonly head: ObjectHead
  readonly body: Buffer
}
