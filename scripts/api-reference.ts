import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Declaration, exportsOf } from './declarations.ts'
import { emitDeclarations } from './public-types.js'

export interface Entry {
  /** The specifier that a program imports, like `@jobwire/sdk/task`. */
  readonly specifier: string
  readonly declarations: readonly Declaration[]
}

/** Reads the exports of each entry of the SDK from the compiler's declarations. */
export function readEntries(): Entry[] {
  const { name, exports } = JSON.parse(readFileSync('sdk/package.json', 'utf8')) as {
    name: string
    exports: Record<string, unknown>
  }
  const paths = Object.keys(exports).filter((path) => path !== './package.json')
  const directory = mkdtempSync(join(tmpdir(), 'jobwire-declarations-'))
  try {
    emitDeclarations('.', 'sdk/tsconfig.json', directory)
    const read = (path: string): string => readFileSync(join(directory, path), 'utf8')
    return paths.map((path) => ({
      specifier: path.replace('.', name),
      declarations: exportsOf(`sdk/src/${path === '.' ? 'index' : path.slice(2)}.d.ts`, read),
    }))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Writes the whole reference as Markdown. */
export function writeReference(entries: readonly Entry[]): string {
  const contents = entries.map(({ specifier, declarations }) => {
    const names = declarations.map(({ name }) => `[${name}](#${name.toLowerCase()})`)
    return `- \`${specifier}\`: ${names.join(', ')}`
  })
  const described = new Set<string>()
  const sections = entries.map(({ specifier, declarations }) => {
    const fresh = declarations.filter(({ name, code }) => !described.has(`${name}\n${code}`))
    for (const { name, code } of fresh) described.add(`${name}\n${code}`)
    const again = declarations.filter((one) => !fresh.includes(one)).map(({ name }) => `\`${name}\``)
    const also = again.length === 0 ? [] : [`Also, as above: ${again.join(', ')}.`]
    return [`## \`${specifier}\``, ...fresh.map(writeDeclaration), ...also].join('\n\n')
  })
  const intro = '# The SDK, name by name\n\nWritten by `npm run docs` from the types and their comments; do not edit.'
  return `${[intro, contents.join('\n'), ...sections].join('\n\n')}\n`
}

function writeDeclaration({ name, description, example, code }: Declaration): string {
  const fence = (text: string): string => `\`\`\`ts\n${text}\n\`\`\``
  return [`### ${name}`, description, ...(example === '' ? [] : [fence(example)]), fence(code)].join('\n\n')
}

if (process.argv[2] === '--write') writeFileSync('docs/API.md', writeReference(readEntries()))
