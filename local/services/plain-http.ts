/** Returns true for the policy statement that CDK's `enforceSSL` makes. */
export function deniesPlainHttp(statement: unknown): boolean {
  const { Effect, Condition } = statement as { Effect?: unknown; Condition?: unknown }
  return Effect === 'Deny' && /^\{"Bool":\{"aws:SecureTransport":"?false"?\}\}$/.test(JSON.stringify(Condition ?? null))
}
