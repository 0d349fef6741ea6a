import type { JobWebhook } from '../../../protocol/job/job.ts'
import { parseUrl } from '../../../protocol/webhooks/parse-webhook.ts'
import type { Refusal } from '../../../protocol/kit/parsed.ts'
import { refuse } from '../../../protocol/kit/parsed.ts'
import { isAddress, isPublicAddress } from './public-address.ts'

/** The receivers that a deployment calls: `public` for those on the public internet by HTTPS, `any` for all. */
export type WebhookTargets = 'public' | 'any'

/**
 * Refuses a webhook at the submit if its address alone shows that it must not be called. The IP addresses of its name
 * are checked when it is called, and only that check protects.
 */
export function checkWebhook({ url }: JobWebhook, targets: WebhookTargets, path: string): Refusal | undefined {
  const target = parseUrl(url)
  if (target === undefined) {
    const message = 'The address of the webhook is invalid: give a whole address like "https://example.com/jobs".'
    return refuse('INVALID_WEBHOOK', message, path)
  }
  const problem = addressProblem(target, targets)
  return problem === undefined ? undefined : refuse('INVALID_WEBHOOK', problem, path)
}

/** Says why an address must not be called; undefined if it may be. */
export function addressProblem(
  { protocol, hostname, username, password }: URL,
  targets: WebhookTargets,
): string | undefined {
  if (username !== '' || password !== '') return 'The address of the webhook must have no user name and no password.'
  if (targets === 'any')
    return /^https?:$/.test(protocol) ? undefined : 'The address of the webhook must begin with http:// or https://.'
  if (protocol !== 'https:') return 'The address of the webhook must begin with https://.'
  const host = bareHost(hostname)
  const isLocal = /(^|\.)(localhost|local|internal)\.?$/.test(host) || (isAddress(host) && !isPublicAddress(host))
  return isLocal ? `The address of the webhook is not allowed: "${host}" is not on the public internet.` : undefined
}

/** Strips the brackets of an IPv6 address. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}
