import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AssemblyError } from '../../../assembly/assembly-error.ts'
import type { ObjectHead, StoredObject } from './stored-object.ts'

/** The storage for the objects of one bucket. */
export interface ObjectFiles {
  /** Returns every stored object, as the last process left it. */
  heads(): ObjectHead[]
  read(key: string): Buffer
  write(object: StoredObject): void
  remove(key: string): void
}

export function inMemory(): ObjectFiles {
  const bodies = new Map<string, Buffer>()
  return {
    heads: () => [],
    read: (key) => bodies.get(key)!,
    write: ({ head, body }) => void bodies.set(head.key, body),
    remove: (key) => void bodies.delete(key),
  }
}

const LENGTH_BYTES = 4
const SUFFIX = '.object'

/**
 * Stores one file per object: the length of its head, the head as JSON, the bytes. A write goes to a second file and is
 * renamed, so that a kill leaves the old object or the new one. It survives the process, but not the machine.
 */
export function inFolder(folder: string): ObjectFiles {
  mkdirSync(folder, { recursive: true })
  // A key may be longer than a file's name can be, and may have slashes.
  const pathOf = (key: string): string => join(folder, createHash('sha256').update(key).digest('hex') + SUFFIX)
  return {
    heads: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith(SUFFIX))
        .map((name) => readHead(join(folder, name))),
    read(key) {
      const file = readFileSync(pathOf(key))
      return file.subarray(LENGTH_BYTES + file.readUInt32BE(0))
    },
    write({ head, body }) {
      const json = Buffer.from(JSON.stringify(head))
      const length = Buffer.alloc(LENGTH_BYTES)
      length.writeUInt32BE(json.length)
      const path = pathOf(head.key)
      writeFileSync(`${path}.next`, Buffer.concat([length, json, body]))
      renameSync(`${path}.next`, path)
    },
    remove: (key) => rmSync(pathOf(key), { force: true }),
  }
}

function readHead(path: string): ObjectHead {
  try {
    const file = readFileSync(path)
    return JSON.parse(file.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + file.readUInt32BE(0))) as ObjectHead
  } catch (cause) {
    throw new AssemblyError(
      `${path} cannot be read. Something other than the local cloud changed the file; delete it to lose the object.`,
      { cause },
    )
  }
}
