/** IPv4 ranges that are not public (IANA's registry of special-purpose addresses): first address, prefix length. */
const SPECIAL_IPV4: readonly (readonly [address: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Multicast, and all above it.
  ['224.0.0.0', 3],
]

/** IPv6 ranges that are not public, within 2000::/3, which alone is: first two groups and prefix length. */
const SPECIAL_IPV6: readonly (readonly [high: number, low: number, bits: number])[] = [
  // The IETF's own, with Teredo, which carries IPv4 inside.
  [0x2001, 0x0000, 23],
  [0x2001, 0x0db8, 32],
  // 6to4, which carries IPv4 inside.
  [0x2002, 0x0000, 16],
  // Documentation.
  [0x3fff, 0x0000, 20],
]

/**
 * Returns true if an IP address, as a resolver or `new URL()` writes it, is on the public internet. False for an
 * unknown one, and for one that carries another address inside (mapped, NAT64, 6to4, Teredo).
 *
 * @example
 * isPublicAddress('93.184.216.34') // true
 * isPublicAddress('::ffff:93.184.216.34') // false
 */
export function isPublicAddress(address: string): boolean {
  const ipv4 = readIpv4(address)
  if (ipv4 !== undefined) return !SPECIAL_IPV4.some(([from, bits]) => isWithin(ipv4, readIpv4(from)!, bits))
  const groups = readIpv6(address)
  if (groups === undefined || groups[0]! >> 13 !== 1) return false
  const prefix = groups[0]! * 0x1_0000 + groups[1]!
  return !SPECIAL_IPV6.some(([high, low, bits]) => isWithin(prefix, high * 0x1_0000 + low, bits))
}

/** Returns true if a text is an IP address. */
export function isAddress(text: string): boolean {
  return readIpv4(text) !== undefined || readIpv6(text) !== undefined
}

/** Both numbers have 32 bits, unsigned. */
function isWithin(value: number, from: number, bits: number): boolean {
  const size = 2 ** (32 - bits)
  return Math.floor(value / size) === Math.floor(from / size)
}

/** Reads four decimal numbers and nothing else: `new URL()` turns every other way to write them into this one. */
function readIpv4(text: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined
  const parts = text.split('.').map(Number)
  return parts.every((part) => part < 256) ? parts.reduce((value, part) => value * 256 + part, 0) : undefined
}

/** Reads the eight groups. Returns undefined for an invalid address, and for one with a zone. */
function readIpv6(text: string): readonly number[] | undefined {
  const lastColon = text.lastIndexOf(':')
  const tail = text.slice(lastColon + 1)
  const ipv4 = readIpv4(tail)
  const whole =
    ipv4 === undefined
      ? text
      : `${text.slice(0, lastColon + 1)}${(ipv4 >>> 16).toString(16)}:${(ipv4 & 0xffff).toString(16)}`
  const halves = whole.split('::')
  if (lastColon < 0 || halves.length > 2) return undefined
  const [head, end] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const given = [...head!, ...(end ?? [])]
  if (!given.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined
  const missing = 8 - given.length
  if (end === undefined ? missing !== 0 : missing < 1) return undefined
  const zeros = end === undefined ? [] : new Array<string>(missing).fill('0')
  return [...head!, ...zeros, ...(end ?? [])].map((group) => Number.parseInt(group, 16))
}
