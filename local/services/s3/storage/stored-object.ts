/** Everything that a bucket keeps of an object except its bytes. */
export interface ObjectHead {
  readonly key: string
  readonly size: number
  /** With its quotes, as in the header. */
  readonly etag: string
  /** Epoch milliseconds, in whole seconds: HTTP dates have no fractions. */
  readonly lastModified: number
  /** Headers that come back as they were given: the content type, cache headers, `x-amz-meta-*`. */
  readonly headers: Readonly<Record<string, string>>
  /** By header, like `x-amz-checksum-crc32`. */
  readonly checksums: Readonly<Record<string, string>>
  /** True if the checksum is made of the checksums of parts, and not of the whole object's bytes. */
  readonly compositeChecksum?: boolean
}

export interface StoredObject {
  readonly head: ObjectHead
  readonly body: Buffer
}
