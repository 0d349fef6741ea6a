/**
 * Returns true if lists and objects are nested deeper than `levels`. `JSON.parse` reads any depth, but
 * `JSON.stringify` overflows the stack at some thousands: such a value could be read, but never sent.
 */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  return Object.values(value).some((inner) => isDeeperThan(inner, levels - 1))
}
