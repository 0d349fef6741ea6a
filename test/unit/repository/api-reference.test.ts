import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { readEntries, writeReference } from '../../../scripts/api-reference.ts'
import { exportsOf } from '../../../scripts/declarations.ts'

const entries = readEntries()
const names = entries.flatMap(({ specifier, declarations }) =>
  declarations.map((declaration) => ({ specifier, ...declaration })),
)

describe('the API reference', () => {
  it('is up to date with the types: `npm run docs` writes it', () => {
    expect(readFileSync('docs/API.md', 'utf8')).toBe(writeReference(entries))
  })

  it.each(names)('describes $name of $specifier in a sentence, with an example', ({ description, example }) => {
    expect(description).toMatch(/\w+ .*[.:)]$/s)
    expect(example).not.toBe('')
  })
})

describe('an export of a declaration file', () => {
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

  it('is found through re-exports, and nothing else is found', () => {
    expect(found.map(({ name }) => name)).toEqual(['add', 'Kind', 'Box'])
  })

  it('comes with its parsed comment and all of its declarations', () => {
    expect(found[0]).toEqual({
      name: 'add',
      description: 'Adds.',
      example: 'add(1, 2) // 3',
      code: 'declare function add(a: number, b?: { c: string; }): Promise<void>;\ndeclare function add(a: string): void;',
    })
  })

  it('ends at its own end, whatever its comments and strings contain', () => {
    expect(found[1]).toMatchObject({ description: 'Two kinds.', example: '' })
    expect(found[1]!.code.endsWith("'b';")).toBe(true)
    expect(found[2]!.code.endsWith('void;\n}')).toBe(true)
  })
})
