import type { IncomingHttpHeaders } from 'node:http'

/** Returns the first value of a header; undefined without the header. */
export function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
