/**
 * Returns the addresses of the WebSocket API: its management endpoint (`https`) and the address for clients (`wss`).
 * Emulators and the local cloud set `AWS_ENDPOINT_URL` in every function and serve all APIs below it.
 *
 * @example
 * socketAddresses('https://abc123.execute-api.eu-west-1.amazonaws.com/v1', undefined).client
 * // 'wss://abc123.execute-api.eu-west-1.amazonaws.com/v1'
 * socketAddresses('https://abc123.execute-api.eu-west-1.amazonaws.com/v1', 'http://127.0.0.1:4566').management
 * // 'http://127.0.0.1:4566/_aws/execute-api/abc123/v1'
 */
export function socketAddresses(
  socketEndpoint: string,
  awsEndpointUrl: string | undefined,
): { management: string; client: string } {
  const management = awsEndpointUrl ? belowEndpoint(socketEndpoint, awsEndpointUrl) : socketEndpoint
  return { management, client: management.replace(/^http/, 'ws') }
}

function belowEndpoint(socketEndpoint: string, awsEndpointUrl: string): string {
  const { hostname, pathname } = new URL(socketEndpoint)
  const apiId = hostname.split('.', 1)[0]!
  return `${awsEndpointUrl.replace(/\/$/, '')}/_aws/execute-api/${apiId}${pathname}`
}
