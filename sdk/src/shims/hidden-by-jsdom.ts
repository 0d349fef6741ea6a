/*
 * Jest's jsdom hides some globals that both Node and every browser have. The CommonJS builds, which Jest loads, take
 * these names from here (`inject` in build.mjs): they are the globals, or Node's own where jsdom hides them.
 */
interface Beneath {
  readonly process?: { getBuiltinModule?: (name: string) => Record<string, unknown> | undefined }
}

function fromNode(module: string, name: string): unknown {
  return (globalThis as Beneath).process?.getBuiltinModule?.(module)?.[name]
}

const encoder = globalThis.TextEncoder ?? fromNode('node:util', 'TextEncoder')
const decoder = globalThis.TextDecoder ?? fromNode('node:util', 'TextDecoder')
const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined
const whole = subtle === undefined ? (fromNode('node:crypto', 'webcrypto') ?? globalThis.crypto) : globalThis.crypto

export { decoder as TextDecoder, encoder as TextEncoder, whole as crypto }
