const API_ADDRESS = /^(https|wss):\/\/([a-z0-9]+)\.execute-api\.[^/]+/

/**
 * Returns the address under which a client reaches an API of AWS: an emulator serves every API under its own address,
 * and names them in its outputs as AWS does.
 *
 * @example
 * reachableUrl('https://a1b2.execute-api.us-east-1.amazonaws.com/v1', 'http://127.0.0.1:4566')
 * // 'http://127.0.0.1:4566/_aws/execute-api/a1b2/v1'
 */
export function reachableUrl(url: string, endpointUrl: string | undefined): string {
  if (endpointUrl === undefined) return url
  return url.replace(API_ADDRESS, (_address, scheme: string, apiId: string) => {
    const base = scheme === 'wss' ? endpointUrl.replace(/^http/, 'ws') : endpointUrl
    return `${base.replace(/\/$/, '')}/_aws/execute-api/${apiId}`
  })
}
