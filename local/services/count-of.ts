/** Returns `its 3 messages`, as warnings say it; undefined for none. */
export function countOf(count: number | undefined, what: string): string | undefined {
  return count === undefined || count === 0 ? undefined : `its ${count} ${what}${count === 1 ? '' : 's'}`
}
