import type { IncomingMessage } from 'node:http'

/** API Gateway's limit for the body of one REST request. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024

/**
 * Reads a body up to the limit. The rest of a larger one is thrown away as it comes, so that the client can finish
 * sending and read the answer. Returns undefined if it is too large.
 */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
    request.resume()
    return undefined
  }
  const chunks: Buffer[] = []
  let length = 0
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= MAX_BODY_BYTES) chunks.push(chunk)
      else {
        chunks.length = 0
        resolve(undefined)
      }
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', reject)
    request.on('close', () => reject(new Error('The client closed the connection before its body was complete.')))
  })
}
