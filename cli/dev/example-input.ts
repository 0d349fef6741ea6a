/** An input for a task, as JavaScript. */
export interface ExampleInput {
  readonly value: unknown
  /** True if nothing is known of the task's input. */
  readonly guessed: boolean
}

/**
 * Makes an input for a task from the type that its source names: `run: (input: { name: string }) => …`. Types are gone
 * at run time, so this reads the text. It understands objects of texts, numbers and booleans; for all else the input is
 * an empty object.
 *
 * @example
 * exampleInput('greet: defineTask({ run: (input: { name: string }) => input.name })', 'greet').value // { name: 'Ada' }
 */
export function exampleInput(source: string, task: string): ExampleInput {
  const start = new RegExp(`(?:^|[\\s,{'"])${escapeRegExp(task)}['"]?\\s*:`).exec(source)
  const text = start === null ? undefined : ownText(source.slice(start.index + start[0].length))
  const type =
    text &&
    /\brun\b\s*[:(]?\s*(?:async\s*)?\(?\s*(?:\w+|\{[^}]*\})\s*:\s*(\{[^{}]*\}|string|number|boolean)/.exec(text)?.[1]
  if (type === undefined || type === '') {
    const takesNothing = text !== undefined && /\brun\b\s*:?\s*(?:async\s*)?\(\s*\)/.test(text)
    return { value: takesNothing ? null : {}, guessed: !takesNothing }
  }
  if (!type.startsWith('{')) return { value: sampleOf(type, task), guessed: false }
  const fields = [...type.matchAll(/(?:readonly\s+)?(\w+)(\?)?\s*:\s*([^;,}\n]+)/g)].filter(
    ([, , optional]) => !optional,
  )
  const entries = fields.map(([, name, , fieldType]) => [name, sampleOf(fieldType!.trim(), name!)] as const)
  const known = entries.every(([, value]) => value !== undefined)
  return { value: Object.fromEntries(entries.filter(([, value]) => value !== undefined)), guessed: !known }
}

/** Ends before the next task of the same object. */
function ownText(text: string): string {
  const next = /\n {2}\w+['"]?\s*:\s*defineTask/.exec(text)
  return next === null ? text : text.slice(0, next.index)
}

function sampleOf(type: string, name: string): unknown {
  if (type === 'string') return /name/i.test(name) ? 'Ada' : `example ${name}`
  if (type === 'number') return 1
  if (type === 'boolean') return true
  if (/\[\]$|^Array<|^readonly /.test(type)) return []
  return /^'([^']*)'/.exec(type)?.[1]
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
