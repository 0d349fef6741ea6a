/** An input for a task. */
export interface ExampleInput {
  readonly value: unknown
  /** True if something is not known of the task's input. */
  readonly guessed: boolean
}

/**
 * Makes an input for a task from its source: from the type that it names, `run: (input: { name: string }) => …`, or from
 * a schema like `input: z.object({ name: z.string() })`. Types are gone at run time, and only some libraries can describe
 * their schemas, so this reads the text. It understands objects of texts, numbers and booleans; for all else the input
 * is an empty object.
 *
 * @example
 * exampleInput('greet: defineTask({ run: (input: { name: string }) => input.name })', 'greet').value // { name: 'Ada' }
 */
export function exampleInput(source: string, task: string): ExampleInput {
  const text = taskText(source, task)
  if (text === undefined) return { value: {}, guessed: true }
  const schema = /\binput\s*:\s*\w+\.(?:strict|loose)?[oO]bject\(\s*\{([\s\S]*?)\}\s*\)\s*,?\s*$/m.exec(text)?.[1]
  const oneLine = /\binput\s*:\s*\w+\.(?:strict|loose)?[oO]bject\(\s*\{([^{}]*)\}\s*\)/.exec(text)?.[1]
  const fields = oneLine ?? schema
  if (fields !== undefined) return fromFields(fields.split(/,\s*(?=\w+\s*:)/), schemaSample)
  const type = RUN_TYPE.exec(text)?.[1]
  if (type === undefined) {
    const takesNothing = /\brun\b\s*:?\s*(?:async\s*)?\(\s*\)/.test(text)
    return { value: takesNothing ? null : {}, guessed: !takesNothing }
  }
  if (!type.startsWith('{')) return { value: typeSample(type, task), guessed: false }
  return fromFields(type.slice(1, -1).split(/[;,\n]/), typeSample)
}

/** The type of the first parameter of `run`, whatever its name, or if it is taken apart. */
const RUN_TYPE = /\brun\b\s*[:(]?\s*(?:async\s*)?\(?\s*(?:\w+|\{[^}]*\})\s*:\s*(\{[^{}]*\}|string\b|number\b|boolean\b)/

/** Returns the text of one task of an object of tasks, or more if its end is not clear. */
function taskText(source: string, task: string): string | undefined {
  const start = new RegExp(`(?:^|[\\s,{'"])${escapeRegExp(task)}['"]?\\s*:`).exec(source)
  if (start === null) return undefined
  const text = source.slice(start.index + start[0].length)
  const next = /\n {2}['"]?[\w-]+['"]?\s*:\s*defineTask/.exec(text)
  return next === null ? text : text.slice(0, next.index)
}

type Sample = (description: string, name: string) => unknown

/** Makes an object from fields like `readonly key?: string` or `key: z.string()`. Optional fields are left out. */
function fromFields(fields: readonly string[], sample: Sample): ExampleInput {
  const parsed = fields.flatMap((field) => {
    const [, name, optional, description] = /^\s*(?:readonly\s+)?(\w+)(\?)?\s*:\s*([^]+?)\s*,?\s*$/.exec(field) ?? []
    if (name === undefined || description === undefined || optional !== undefined) return []
    if (/\.(optional|default|nullish)\(|\boptional\(/.test(description)) return []
    return [[name, sample(description, name)] as const]
  })
  const known = parsed.filter(([, value]) => value !== undefined)
  return { value: Object.fromEntries(known), guessed: known.length < parsed.length }
}

function typeSample(type: string, name: string): unknown {
  if (type === 'string') return textSample(name)
  if (type === 'number') return 1
  if (type === 'boolean') return true
  if (/\[\]$|^Array<|^readonly /.test(type)) return []
  return /^'([^']*)'/.exec(type)?.[1]
}

function schemaSample(schema: string, name: string): unknown {
  const [kind] = /\b(array|enum|picklist|literal|string|number|boolean)\b/.exec(schema) ?? []
  if (kind === 'array') return []
  if (kind === 'number') return 1
  if (kind === 'boolean') return true
  if (/\bemail\b/.test(schema)) return 'ada@example.com'
  if (/\burl\b/.test(schema)) return 'https://example.com'
  if (kind === 'string') {
    return /\b(uuid|regex|min|length|iso|date|datetime)\b/i.test(schema) ? undefined : textSample(name)
  }
  return /['"]([^'"]*)['"]/.exec(schema)?.[1]
}

function textSample(name: string): string {
  return /name/i.test(name) ? 'Ada' : `example ${name}`
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
