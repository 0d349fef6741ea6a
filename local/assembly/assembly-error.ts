/** Something in the assembly that the local cloud does not implement or cannot read. It never ignores one silently. */
export class AssemblyError extends Error {
  override readonly name = 'AssemblyError'
}
