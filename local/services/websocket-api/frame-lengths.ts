/** API Gateway's limit for one frame. Larger messages come in fragments. */
export const MAX_FRAME_BYTES = 32 * 1024

/**
 * Follows the frames of a client's byte stream without keeping their payload, because `ws` reassembles fragments and
 * reports only whole messages. The returned function returns true once a data frame is longer than the limit.
 *
 * @example
 * const isTooLong = watchFrameLengths(32 * 1024)
 * socket.on('data', (chunk) => isTooLong(chunk) && connection.close(1009))
 */
export function watchFrameLengths(maxBytes: number): (chunk: Buffer) => boolean {
  let header: number[] = []
  let payloadLeft = 0
  return (chunk) => {
    let tooLong = false
    let offset = 0
    while (offset < chunk.length) {
      if (payloadLeft > 0) {
        const skipped = Math.min(payloadLeft, chunk.length - offset)
        payloadLeft -= skipped
        offset += skipped
        continue
      }
      header.push(chunk[offset++]!)
      if (header.length < headerLength(header)) continue
      payloadLeft = payloadLength(header)
      tooLong ||= payloadLeft > maxBytes
      header = []
    }
    return tooLong
  }
}

/** Counts two bytes, the extended length, and the mask, which every client frame has. */
function headerLength(header: readonly number[]): number {
  if (header.length < 2) return 2
  const marker = header[1]! & 0x7f
  const mask = header[1]! & 0x80 ? 4 : 0
  return 2 + (marker === 127 ? 8 : marker === 126 ? 2 : 0) + mask
}

function payloadLength(header: readonly number[]): number {
  const marker = header[1]! & 0x7f
  if (marker < 126) return marker
  const bytes = header.slice(2, marker === 126 ? 4 : 10)
  return bytes.reduce((length, byte) => length * 256 + byte, 0)
}
