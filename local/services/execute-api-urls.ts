import { executeApiPath } from './service.ts'

const API_URL = /\b(https|wss):\/\/([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?(?:\/([\w$-]+))?/g

/**
 * Returns the address of an API's stage for clients on this machine: `http` for REST and for the management API, `ws`
 * for sockets.
 *
 * @example
 * clientUrl('http://127.0.0.1:4510', 'ws', 'a1b2c3d4e5', 'v1') // 'ws://127.0.0.1:4510/_aws/execute-api/a1b2c3d4e5/v1'
 */
export function clientUrl(endpoint: string, scheme: 'http' | 'ws', apiId: string, stage: string): string {
  return endpoint.replace(/^https?(?=:)/, scheme) + executeApiPath(apiId, stage)
}

/**
 * Rewrites every AWS address of a known API in a text into its local address, and leaves the rest as it is. For a
 * stack's outputs only: functions get their variables as on AWS.
 *
 * @example
 * rewriteApiUrls('wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/v1', 'http://127.0.0.1:4510', () => true)
 * // 'ws://127.0.0.1:4510/_aws/execute-api/a1b2c3d4e5/v1'
 */
export function rewriteApiUrls(text: string, endpoint: string, isKnown: (apiId: string) => boolean): string {
  return text.replace(API_URL, (url, scheme: string, apiId: string, stage: string | undefined) => {
    if (!isKnown(apiId)) return url
    const local = clientUrl(endpoint, scheme === 'wss' ? 'ws' : 'http', apiId, stage ?? '')
    return stage === undefined ? local.slice(0, -1) : local
  })
}
