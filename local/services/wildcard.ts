/** Makes a pattern of IAM's wildcards: `*` stands for any run of characters, slashes too, and `?` for one. */
export function wildcardPattern(pattern: string, flags = ''): RegExp {
  const source = pattern
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, `s${flags}`)
}
