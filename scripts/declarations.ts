/** One export of a package entry: its name, the parts of its doc comment, and its declaration. */
export interface Declaration {
  readonly name: string
  readonly description: string
  /** The code of its `@example`; empty if there is none. */
  readonly example: string
  /** As the compiler declares it, with the comments on its members. */
  readonly code: string
}

/** The text of a declaration file, by its path. */
export type ReadDeclarations = (path: string) => string

/**
 * Returns all exports of a declaration file, in the order of its export statements. Follows each name to the file that
 * declares it. It reads the regular output of the compiler, not TypeScript in general.
 */
export function exportsOf(path: string, read: ReadDeclarations): Declaration[] {
  const text = read(path)
  const own = [...text.matchAll(/^export (?:declare )?(?:abstract )?(?:function|class|interface|type|const) (\w+)/gm)]
  const passedOn = [...text.matchAll(/^export (?:type )?\{([^}]*)\}(?: from '([^']+)')?;/gm)]
  const declared = [...new Set(own.map(([, name]) => name!))].map((name) => declarationOf(text, name))
  const others = passedOn.flatMap(([, names, from]) => {
    if (from === undefined) return namesIn(names!).map((name) => declarationOf(text, name))
    const source = declarationPath(path, from)
    return namesIn(names!).map((name) => find(source, name, read))
  })
  return [...declared, ...others].filter((one) => one !== undefined)
}

function find(path: string, name: string, read: ReadDeclarations): Declaration {
  const found = exportsOf(path, read).find((one) => one.name === name)
  if (found === undefined) throw new Error(`${path} exports no "${name}".`)
  return found
}

function namesIn(list: string): string[] {
  const names = list.split(',').map((name) => name.trim().replace(/^type /, ''))
  return names.filter((name) => name !== '')
}

function declarationPath(importer: string, specifier: string): string {
  return new URL(specifier, `file:///${importer}`).pathname.slice(1).replace(/\.ts$/, '.d.ts')
}

function declarationOf(text: string, name: string): Declaration | undefined {
  const pattern = new RegExp(
    `^(?:export )?(?:declare )?(?:abstract )?(function|class|interface|type|const) ${name}\\b`,
    'gm',
  )
  const found = [...text.matchAll(pattern)]
  const first = found[0]
  if (first === undefined) return undefined
  // A function with overloads is declared several times, each with a comment of its own or none.
  const codes = found.map(({ index, 1: kind }) => text.slice(index, endOf(text, index, kind!)))
  const madeOf = /\bextends Pick<(\w+)<.*>, keyof \1<.*>> \{\s*\}$/.exec(codes[0]!)?.[1]
  if (madeOf !== undefined) codes[0] = withMembers(codes[0]!, declarationOf(text, madeOf)!.code)
  const comment = commentBefore(text, first.index)
  return { name, code: codes.join('\n').replace(/^export /gm, ''), ...readComment(comment) }
}

/** Gives an interface that only picks the members of a class those members, so that readers of the types see them. */
function withMembers(code: string, ofClass: string): string {
  const members = ofClass.slice(ofClass.indexOf('{')).replace(/^ +#private;\n/gm, '')
  return code.slice(0, code.indexOf(' extends Pick<')) + ' ' + members
}

/** Finds the end of a declaration: its closing brace, or else its semicolon. */
function endOf(text: string, start: number, kind: string): number {
  const endsWithBrace = kind === 'class' || kind === 'interface'
  let depth = 0
  const tokens = /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|=>|[{}()[\];<>]/g
  tokens.lastIndex = start
  for (let token = tokens.exec(text); token !== null; token = tokens.exec(text)) {
    if ('{([<'.includes(token[0])) depth++
    else if ('})]>'.includes(token[0])) {
      depth--
      if (depth === 0 && endsWithBrace && token[0] === '}') return tokens.lastIndex
    } else if (token[0] === ';' && depth === 0) return tokens.lastIndex
  }
  return text.length
}

function commentBefore(text: string, index: number): string {
  const before = text.slice(0, index).trimEnd()
  return before.endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : ''
}

function readComment(comment: string): { description: string; example: string } {
  const lines = comment
    .replace(/^\/\*\*/, '')
    .replace(/\*\/$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
  const [description = '', ...tags] = lines.join('\n').split(/^\s*@/m)
  const example = tags.find((tag) => tag.startsWith('example')) ?? ''
  return { description: description.trim(), example: example.replace(/^example\s*/, '').trim() }
}
