import type { IncomingHttpHeaders } from 'node:http'
import { AwsError } from './call.ts'

const OWN_NAMES = /^(?:localhost|[\w.-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\]|host\.docker\.internal)(?::\d+)?$/i

/**
 * Refuses an AWS call that may come from a page in a browser of this machine. Signatures are not verified here, so any
 * site could otherwise run functions and read tables behind its visitor's back. A form or a `fetch` without preflight
 * is told by the `Origin` that browsers add. A site that points its own name at this machine could even read the
 * answers; only the name in `Host` tells it.
 */
export function refusePages({ host, origin }: IncomingHttpHeaders, openToPages = false): void {
  if (host === undefined || !OWN_NAMES.test(host)) {
    throw forbidden(`The local cloud does not answer to the name ${host}. Call it 127.0.0.1 or localhost.`)
  }
  if (origin !== undefined && !openToPages) {
    throw forbidden(`The local cloud takes no AWS calls from pages in browsers (this one is of ${origin}).`)
  }
}

function forbidden(message: string): AwsError {
  return new AwsError('AccessDeniedException', message, 403)
}
