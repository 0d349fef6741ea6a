import { invalidPattern } from './invalid-pattern.ts'
import { type MessageFilter, parseJsonPattern } from './json-pattern.ts'

/**
 * Reads a filter pattern: terms (`timeout`, `"exact words"`, `-not`, `?either ?or`) or a condition on JSON
 * (`{ $.level = "ERROR" }`). Patterns of columns (`[a, b]`) and regular expressions are refused by name.
 */
export function parseFilterPattern(pattern: string): MessageFilter {
  const text = pattern.trim()
  if (text === '') return () => true
  if (text.startsWith('{')) return parseJsonPattern(text)
  if (text.startsWith('[')) throw invalidPattern('the local cloud does not implement patterns of columns: [a, b]')
  return parseTerms(text)
}

const TERM = /\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\w+))(?=\s|$)/gy

function parseTerms(text: string): MessageFilter {
  if (/(^|\s)[?-]?%/.test(text)) throw invalidPattern('the local cloud does not implement regular expressions')
  const all: string[] = []
  const none: string[] = []
  const any: string[] = []
  let position = 0
  for (const match of text.matchAll(TERM)) {
    const [whole, sign, quoted, word] = match
    position = match.index + whole.length
    const term = word ?? quoted!.replaceAll(/\\(.)/gs, '$1')
    if (sign === '-') none.push(term)
    else if (sign === '?') any.push(term)
    else all.push(term)
  }
  if (text.slice(position).trim() !== '') {
    throw invalidPattern('a term with other characters than letters, digits and _ needs double quotes')
  }
  // AWS ignores the optional terms beside others.
  const isOptional = all.length === 0 && none.length === 0
  return (message) =>
    isOptional
      ? any.some((term) => message.includes(term))
      : all.every((term) => message.includes(term)) && !none.some((term) => message.includes(term))
}
