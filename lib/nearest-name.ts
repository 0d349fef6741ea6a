/** A name with more typing errors than this share of its letters is another name. */
const MAX_ERRORS = 0.4

/**
 * Returns the name that somebody meant who wrote `name`, or undefined if none is near.
 *
 * @example
 * nearestName('resultTTL', ['resultTtl', 'timeout']) // 'resultTtl'
 */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const written = name.toLowerCase()
  const [nearest] = names
    .map((candidate) => ({ candidate, errors: countEdits(written, candidate.toLowerCase()) }))
    .filter(({ candidate, errors }) => errors <= Math.max(1, candidate.length * MAX_ERRORS))
    .sort((one, other) => one.errors - other.errors)
  return nearest?.candidate
}

/** Counts the letters to insert, delete or replace until one text is the other (Levenshtein's distance). */
function countEdits(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (const [line, letter] of one.split('').entries()) {
    const next = [line + 1]
    for (let column = 1; column <= other.length; column++) {
      const replaced = row[column - 1]! + (letter === other[column - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[column]! + 1, next[column - 1]! + 1))
    }
    row = next
  }
  return row[other.length]!
}
