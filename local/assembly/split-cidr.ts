/**
 * Returns the first `count` blocks of an IPv4 block, each with `bits` bits for hosts.
 *
 * @example
 * splitCidr('10.0.0.0/16', 2, 8) // ['10.0.0.0/24', '10.0.1.0/24']
 */
export function splitCidr(block: string, count: number, bits: number): string[] | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/\d+$/.exec(block)
  if (match === null || !Number.isInteger(count) || !(bits >= 1 && bits <= 31)) return undefined
  const start = match.slice(1).reduce((sum, part) => sum * 256 + Number(part), 0)
  return Array.from({ length: count }, (_, index) => {
    const address = start + index * 2 ** bits
    const parts = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256)
    return `${parts.join('.')}/${32 - bits}`
  })
}
