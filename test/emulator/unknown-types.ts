/** Resource types that MiniStack does not know, each with the reason why the tests do not need it. */
export const UNKNOWN_TO_EMULATOR: Readonly<Record<string, string>> = {
  'AWS::ApiGatewayV2::RouteResponse': 'it sends back what the function returns without one',
}
