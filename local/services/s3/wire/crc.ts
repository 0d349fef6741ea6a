/** The polynomials are reversed, as in the table-driven algorithm. */
const CRC32 = crcTable(0xedb88320n)
const CRC32C = crcTable(0x82f63b78n)
const CRC64NVME = crcTable(0x9a6c9329ac4bc9b5n)

export function crc32(body: Buffer): Buffer {
  return crcOf32Bits(body, CRC32.low)
}

export function crc32c(body: Buffer): Buffer {
  return crcOf32Bits(body, CRC32C.low)
}

/** Runs on two halves of 32 bits: BigInt is thirty times slower. */
export function crc64nvme(body: Buffer): Buffer {
  const { low: lowTable, high: highTable } = CRC64NVME
  let low = 0xffffffff
  let high = 0xffffffff
  for (const byte of body) {
    const entry = (low ^ byte) & 0xff
    low = ((low >>> 8) | (high << 24)) ^ lowTable[entry]!
    high = (high >>> 8) ^ highTable[entry]!
  }
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32BE(~high >>> 0)
  bytes.writeUInt32BE(~low >>> 0, 4)
  return bytes
}

function crcOf32Bits(body: Buffer, table: Uint32Array): Buffer {
  let value = 0xffffffff
  for (const byte of body) value = (value >>> 8) ^ table[(value ^ byte) & 0xff]!
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(~value >>> 0)
  return bytes
}

interface CrcTable {
  readonly low: Uint32Array
  readonly high: Uint32Array
}

function crcTable(polynomial: bigint): CrcTable {
  const low = new Uint32Array(256)
  const high = new Uint32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let value = BigInt(byte)
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n
    low[byte] = Number(value & 0xffffffffn)
    high[byte] = Number(value >> 32n)
  }
  return { low, high }
}
