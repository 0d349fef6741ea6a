/** The outcome of looking for a place in a stack. */
export type AddedPlatform =
  | { readonly kind: 'added'; readonly source: string }
  | { readonly kind: 'present' }
  /** The constructor was not found, or there are several. */
  | { readonly kind: 'unclear' }

/**
 * Puts a `JobPlatform` at the end of the constructor of a stack, in the style of the file. Returns `unclear` unless the
 * file has one class that extends `Stack`, with one constructor that calls `super`.
 */
export function addPlatform(source: string): AddedPlatform {
  if (/\bJobPlatform\b/.test(source)) return { kind: 'present' }
  const code = withoutTextAndComments(source)
  const classes = [...code.matchAll(/\bclass\s+\w+\s+extends\s+(?:\w+\.)?Stack\b[^{]*\{/g)]
  const constructors = [...code.matchAll(/\bconstructor\s*\(/g)]
  const [superCall, ...otherCalls] = [...code.matchAll(/\n([ \t]+)super\s*\(/g)]
  const imports = [...code.matchAll(/^import\b[^;\n]*(?:\{[^}]*\}[^;\n]*)?;?$/gm)]
  const lastImport = imports.at(-1)
  if (classes.length !== 1 || constructors.length !== 1 || superCall === undefined || otherCalls.length > 0) {
    return { kind: 'unclear' }
  }
  const scope = /^constructor\s*\(\s*(?:readonly\s+)?\w+/.exec(code.slice(constructors[0]!.index))
  const end = endOfBlock(code, superCall.index)
  if (end === undefined || scope === null || lastImport === undefined) return { kind: 'unclear' }
  const indent = superCall[1]!
  const semicolon = lastImport[0].endsWith(';') ? ';' : ''
  const quote = source.slice(lastImport.index, lastImport.index + lastImport[0].length).includes('"') ? '"' : "'"
  const importAt = lastImport.index + lastImport[0].length
  const body = source.slice(importAt, end).trimEnd()
  const closing = source.slice(0, end).match(/[ \t]*$/)![0]
  return {
    kind: 'added',
    source:
      `${source.slice(0, importAt)}\nimport { JobPlatform } from ${quote}jobwire${quote}${semicolon}` +
      `${body}\n\n${indent}new JobPlatform(this, ${quote}Jobs${quote}, { tasksPath: ${quote}tasks/index.ts${quote} })${semicolon}\n` +
      `${closing}${source.slice(end)}`,
  }
}

/** The lines to add by hand. */
export const LINES_TO_ADD = [
  "import { JobPlatform } from 'jobwire'",
  '// in the constructor of your stack:',
  "new JobPlatform(this, 'Jobs', { tasksPath: 'tasks/index.ts' })",
]

/** Returns the index of the brace that ends the block in which the given index is. */
function endOfBlock(code: string, from: number): number | undefined {
  let depth = 0
  for (let index = from; index < code.length; index++) {
    if (code[index] === '{') depth++
    else if (code[index] === '}' && --depth < 0) return index
  }
  return undefined
}

/** Replaces what stands in comments and quotes by blanks of the same length, so that braces in it do not count. */
function withoutTextAndComments(source: string): string {
  return source.replaceAll(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g,
    (text) => text.replaceAll(/[^\n'"]/g, ' '),
  )
}
