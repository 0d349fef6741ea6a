import type { JobWebhook } from '../../../protocol/job/job.ts'
import { parseUrl } from '../../../protocol/webhooks/parse-webhook.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { refuse } from '../../../protocol/kit/parsed.ts'
import { isAddress, isPublicAddress } from './public-address.ts'

/** Which receivers a deployment calls: those on the public internet by HTTPS, or whichever there are. */
export type WebhookTargets = 'public' | 'any'

type Refusal = Extract<Parsed<never>, { ok: false }>

/**
 * Why a webhook's address is refused at the submit, as far as it can be told from the address: to where its name
 * points is looked at when it is called, and only that look protects.
 */
export function checkWebhook({ url }: JobWebhook, targets: WebhookTargets, path: string): Refusal | undefined {
  const target = parseUrl(url)
  if (target === undefined) return refuse('INVALID_WEBHOOK', 'The address of the webhook cannot be read.', path)
  const fault = findFault(target, targets)
  return fault === undefined ? undefined : refuse('INVALID_WEBHOOK', fault, path)
}

/** Why an address is not called, whoever asks. */
export function findFault(
  { protocol, hostname, username, password }: URL,
  targets: WebhookTargets,
): string | undefined {
  if (username !== '' || password !== '') return 'The address has a user name or a password in it.'
  if (targets === 'any')
    return /^https?:$/.test(protocol) ? undefined : 'The address must begin with http:// or https://.'
  if (protocol !== 'https:') return 'The address must begin with https://.'
  const host = bareHost(hostname)
  const isLocal = /(^|\.)(localhost|local|internal)\.?$/.test(host) || (isAddress(host) && !isPublicAddress(host))
  return isLocal ? `"${host}" is not on the public internet: give an address that everybody can reach.` : undefined
}

/** An IPv6 address without its brackets. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}
