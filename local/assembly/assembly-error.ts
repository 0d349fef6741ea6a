/** The assembly has something that the local cloud does not implement or cannot read. Nothing is ignored silently. */
export class AssemblyError extends Error {
  override readonly name = 'AssemblyError'
}
