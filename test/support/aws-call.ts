import type { AwsCall } from '../../local/wire/call.ts'

/** Makes a call of the account's owner that came over no connection, with this input as JSON. */
export function awsCall(
  service: string,
  operation: string,
  { input = {}, ...more }: Partial<Omit<AwsCall, 'input'>> & { readonly input?: Record<string, unknown> } = {},
): AwsCall {
  return {
    service,
    operation,
    principal: { kind: 'owner', name: 'client' },
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: {},
    body: Buffer.from(JSON.stringify(input)),
    input: () => input,
    ...more,
  }
}
