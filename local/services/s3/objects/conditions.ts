import type { IncomingHttpHeaders } from 'node:http'
import { AwsError } from '../../../wire/call.ts'
import { noSuchKey, preconditionFailed } from '../wire/errors.ts'
import { headerText } from '../wire/header-text.ts'
import type { ObjectHead } from '../storage/stored-object.ts'

/** The conditions of a read, by header or as `x-amz-copy-source-if-…`. */
export interface ReadConditions {
  readonly ifMatch: string | undefined
  readonly ifNoneMatch: string | undefined
  readonly ifModifiedSince: string | undefined
  readonly ifUnmodifiedSince: string | undefined
}

export function readConditions(headers: IncomingHttpHeaders, prefix = ''): ReadConditions {
  const condition = (name: string): string | undefined => headerText(headers, prefix + name)
  return {
    ifMatch: condition('if-match'),
    ifNoneMatch: condition('if-none-match'),
    ifModifiedSince: condition('if-modified-since'),
    ifUnmodifiedSince: condition('if-unmodified-since'),
  }
}

/**
 * Returns true if the reader has this object already. Throws if its other conditions do not hold. A tag that matches
 * counts more than the date of the same direction.
 */
export function isUnchanged({ etag, lastModified }: ObjectHead, conditions: ReadConditions, nowMs: number): boolean {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  if (ifMatch !== undefined) {
    if (!namesTag(ifMatch, etag)) throw preconditionFailed('If-Match')
  } else if (lastModified > (dateOf(ifUnmodifiedSince) ?? Infinity)) {
    throw preconditionFailed('If-Unmodified-Since')
  }
  if (ifNoneMatch !== undefined) return namesTag(ifNoneMatch, etag)
  const since = dateOf(ifModifiedSince)
  // S3 ignores a date in the future.
  return since !== undefined && since <= nowMs && lastModified <= since
}

/** Throws if a put's conditions on the object that it would replace do not hold. */
export function requireWriteConditions(key: string, head: ObjectHead | undefined, headers: IncomingHttpHeaders): void {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*') throw tagOnWrite()
    if (head !== undefined) throw preconditionFailed('If-None-Match')
  }
  if (ifMatch === undefined) return
  if (head === undefined) throw noSuchKey(key)
  if (!namesTag(ifMatch, head.etag)) throw preconditionFailed('If-Match')
}

/** S3 itself does not implement this, and says so with this code. */
function tagOnWrite(): AwsError {
  const message = 'S3 takes no tag in If-None-Match of a write: use * to write only if the key does not exist.'
  return new AwsError('NotImplemented', message, 501)
}

/** Throws if an object may not be deleted because it is not the one that the caller knows. */
export function requireDeleteConditions(head: ObjectHead | undefined, ifMatch: string | undefined): void {
  if (ifMatch === undefined) return
  if (head === undefined || !namesTag(ifMatch, head.etag)) throw preconditionFailed('If-Match')
}

/** Returns true if a list of tags, with or without quotes, has this one. */
function namesTag(tags: string, etag: string): boolean {
  const bare = (tag: string): string => tag.trim().replace(/^"(.*)"$/, '$1')
  return tags.trim() === '*' || tags.split(',').some((tag) => bare(tag) === bare(etag))
}

function dateOf(text: string | undefined): number | undefined {
  const date = Date.parse(text ?? '')
  return Number.isNaN(date) ? undefined : date
}
