import type { IncomingHttpHeaders } from 'node:http'
import { AwsError } from '../../../wire/call.ts'

export interface DecodedBody {
  readonly body: Buffer
  readonly trailers: Readonly<Record<string, string>>
}

const LINE_END = '\r\n'

/**
 * Takes the framing of `aws-chunked` off a body: chunks with their length in hexadecimal (and perhaps a signature,
 * which is not verified), an empty chunk, and trailers, in which SDKs send the checksum of a stream.
 */
export function decodeBody(body: Buffer, headers: IncomingHttpHeaders): DecodedBody {
  if (!isChunked(headers)) return { body, trailers: {} }
  const chunks: Buffer[] = []
  let position = 0
  for (;;) {
    const line = lineAt(body, position)
    position += line.length + LINE_END.length
    const size = Number.parseInt(line, 16)
    if (!/^[0-9a-fA-F]+(;|$)/.test(line) || position + size > body.length) throw incomplete()
    if (size === 0) break
    chunks.push(body.subarray(position, position + size))
    position += size
    if (body.toString('latin1', position, position + 2) !== LINE_END) throw incomplete()
    position += LINE_END.length
  }
  const decoded = Buffer.concat(chunks)
  const expected = headers['x-amz-decoded-content-length']
  if (expected === undefined) {
    throw new AwsError('MissingContentLength', 'You must provide the x-amz-decoded-content-length HTTP header.', 411)
  }
  if (decoded.length !== Number(expected)) throw incomplete()
  return { body: decoded, trailers: readTrailers(body.toString('latin1', position)) }
}

/** Returns the content encoding without the framing, which is not kept. */
export function contentEncoding(headers: IncomingHttpHeaders): string | undefined {
  const encodings = (headers['content-encoding'] ?? '').split(',').map((encoding) => encoding.trim())
  return encodings.filter((encoding) => encoding !== '' && encoding !== 'aws-chunked').join(',') || undefined
}

function isChunked(headers: IncomingHttpHeaders): boolean {
  const sha256 = headers['x-amz-content-sha256']
  return typeof sha256 === 'string' && sha256.startsWith('STREAMING-')
}

function lineAt(body: Buffer, position: number): string {
  const end = body.indexOf(LINE_END, position, 'latin1')
  if (end < 0) throw incomplete()
  return body.toString('latin1', position, end)
}

function readTrailers(text: string): Record<string, string> {
  const lines = text.split(LINE_END).filter((line) => line.includes(':'))
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
}

function incomplete(): AwsError {
  return new AwsError('IncompleteBody', 'The request body terminated unexpectedly.')
}
