/** Returns true for the policy statement that CDK's `enforceSSL` makes. */
export function deniesPlainHttp(statement: unknown): boolean {
  const { Effect, Condition } = statement as { Effect?: unknown; Condition?: unknown }
  return Effect === 'Deny' && /^\{"Bool":\{"aws:SecureTransport":"?false"?\}\}$/.test(JSON.stringify(Condition ?? null))
}

/** Returns true for a statement that lets services of AWS do something, and nobody else. */
export function allowsService(statement: unknown): boolean {
  const { Effect, Principal } = statement as { Effect?: unknown; Principal?: unknown }
  return Effect === 'Allow' && Object.keys(Object(Principal)).join() === 'Service'
}
