import { createHash } from 'node:crypto'
import type { CloudContext } from '../../context.ts'

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz'

/**
 * Makes an id like API Gateway's (lower-case letters and digits). It is the same for the same logical id on every
 * start, so that addresses survive a restart.
 */
export function stableId(logicalId: string, length = 10): string {
  const digest = createHash('sha256').update(logicalId).digest()
  return Array.from(digest.subarray(0, length), (byte) => ALPHABET[byte % ALPHABET.length]).join('')
}

/** Makes the ARN of an API, which begins the ARNs of its parts in policies and permissions. */
export function apiArn({ region, accountId }: Pick<CloudContext, 'region' | 'accountId'>, apiId: string): string {
  return `arn:aws:execute-api:${region}:${accountId}:${apiId}`
}
