import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { readEntries, writeReference } from '../../../scripts/api-reference.ts'
import { exportsOf } from '../../../scripts/declarations.ts'

const entries = readEntries()
const names = entries.flatMap(({ specifier, declarations }) =>
  declarations.map((declaration) => ({ specifier, ...declaration })),
)

describe('the API reference', () => {
  it('is of the types as they are: `npm run docs` writes it', () => {
    expect(readFileSync('docs/API.md', 'utf8')).toBe(writeReference(entries))
  })

  it.each(names)('has a sentence on $name of $specifier, and an example', ({ description, example }) => {
    expect(description).toMatch(/\w+ .*[.:)]$/s)
    expect(example).not.toBe('')
  })
})

describe('what a declaration file exports', () => {
  const files: Record<string, string> = {
    'sdk/index.d.ts': [
      `import type { Inner } from './inner.ts';`,
      '/**',
      ' * Adds.',
      ' *',
      ' * @example',
      ' * add(1, 2) // 3',
      ' */',
      'export declare function add(a: number, b?: { c: string; }): Promise<void>;',
      'export declare function add(a: string): void;',
      `export { type Kind, Box } from '../deep/box.ts';`,
      'export {};',
    ].join('\n'),
    'deep/box.d.ts': [
      '/** Two kinds. */',
      'export type Kind = ',
      "/** With a brace }; and a semicolon; */\n'a;'\n | 'b';",
      'declare class Box {',
      '    readonly kind: Kind;',
      '    call: (name: string) => void;',
      '}',
      'export { Box };',
      'export declare const other = 1;',
    ].join('\n'),
  }
  const found = exportsOf('sdk/index.d.ts', (path) => files[path]!)

  it('is found through re-exports, and nothing else is', () => {
    expect(found.map(({ name }) => name)).toEqual(['add', 'Kind', 'Box'])
  })

  it('has its comment taken apart, and all of its declarations', () => {
    expect(found[0]).toEqual({
      name: 'add',
      description: 'Adds.',
      example: 'add(1, 2) // 3',
      code: 'declare function add(a: number, b?: { c: string; }): Promise<void>;\ndeclare function add(a: string): void;',
    })
  })

  it('ends where it ends, whatever stands in comments and strings', () => {
    expect(found[1]).toMatchObject({ description: 'Two kinds.', example: '' })
    expect(found[1]!.code.endsWith("'b';")).toBe(true)
    expect(found[2]!.code.endsWith('void;\n}')).toBe(true)
  })
})
