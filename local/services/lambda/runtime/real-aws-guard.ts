import { Socket } from 'node:net'

/** AWS's own names, and the addresses from which machines at AWS get their credentials. */
const REAL_AWS = /(?:^|\.)(?:amazonaws\.com(?:\.cn)?|api\.aws|aws\.dev)$|^169\.254\.(?:169\.254|170\.2|170\.23)$/i

/**
 * Lets no connection of this thread out to AWS. SDKs are told to call the local cloud, but code can name an address of
 * its own. The calls of a laptop must never change a real account.
 */
export function refuseRealAws(): void {
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its own socket below
  const connect: (this: Socket, ...given: never[]) => Socket = Socket.prototype.connect
  Socket.prototype.connect = function (this: Socket, ...given: unknown[]): Socket {
    const host = hostOf(given)
    if (host === undefined || !REAL_AWS.test(host.replace(/\.$/, ''))) return connect.apply(this, given as never[])
    const message =
      `The local cloud lets no call out to AWS, and this function calls ${host}. Leave the endpoint of the client to ` +
      `the environment, or start the local cloud with real AWS allowed.`
    process.nextTick(() => this.destroy(Object.assign(new Error(message), { code: 'ERR_REAL_AWS' })))
    return this
  }
}

/** Node.js calls `connect` with options, with a port and a host, or with the list of both that it has made of them. */
function hostOf(given: readonly unknown[]): string | undefined {
  const [first, second] = (Array.isArray(given[0]) ? given[0] : given) as readonly unknown[]
  const host = typeof first === 'object' && first !== null ? (first as { host?: unknown }).host : second
  return typeof host === 'string' ? host : undefined
}
