import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import type { Json } from '@jobwire/sdk'
import { usageError } from './command-error.ts'

/** Reads JSON from an argument: the JSON itself, `@file`, or `-` for the standard input. */
export async function readJson(argument: string, name: string): Promise<Json> {
  const text = await readText(argument, name)
  try {
    return JSON.parse(text) as Json
  } catch (error) {
    const advice = argument === text ? ` A text needs quotes of its own: '"${shorten(text)}"'.` : ''
    throw usageError(`${name} is not valid JSON: ${(error as Error).message}.${advice}`)
  }
}

async function readText(argument: string, name: string): Promise<string> {
  if (argument === '-') return readAll(process.stdin)
  if (!argument.startsWith('@')) return argument
  try {
    return await readFile(argument.slice(1), 'utf8')
  } catch (error) {
    throw usageError(`${name} could not be read: ${(error as Error).message}`)
  }
}

function shorten(text: string): string {
  return text.length > 20 ? `${text.slice(0, 20)}…` : text
}
