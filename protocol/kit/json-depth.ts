/**
 * Whether lists and objects lie within each other for more than `levels`. `JSON.parse` reads any depth, but
 * `JSON.stringify` overflows the stack at some thousands: such a value could be taken in and never be given out.
 */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  return Object.values(value).some((inner) => isDeeperThan(inner, levels - 1))
}
