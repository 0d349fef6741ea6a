/** Writes the first 128 bits of a hash, in hexadecimal digits, as a UUID: an id that is the same after a restart. */
export function uuidOfHash(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}
