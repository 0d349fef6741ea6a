import { closeSync, existsSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { AssemblyError } from '../../assembly/assembly-error.ts'
import type { StoredMessage } from './message.ts'

/**
 * One event, as one line of the journal. Queues are named by name. Expiry writes nothing: the time of sending tells
 * which messages have expired.
 */
export type JournalRecord =
  | readonly ['sent', queue: string, message: StoredMessage]
  | readonly ['received', queue: string, at: number, visibleAt: number, heldHere: boolean, ids: readonly string[]]
  | readonly ['visibility', queue: string, changes: readonly (readonly [id: string, visibleAt: number])[]]
  | readonly ['deleted', queue: string, ids: readonly string[]]
  | readonly ['moved', queue: string, to: string, sourceArn: string, ids: readonly string[]]
  | readonly ['purged', queue: string]

export interface Journal {
  /** Makes one write, for any number of records. */
  append(...records: readonly JournalRecord[]): void
}

export function sentRecords(queue: string, messages: readonly StoredMessage[]): readonly JournalRecord[] {
  return messages.map((message) => ['sent', queue, message])
}

type Restored = Map<string, Map<string, StoredMessage>>

/** Returns the messages that are in the queues now, in the state that they would have after a kill. */
export type LiveMessages = () => Iterable<readonly [queue: string, message: StoredMessage]>

/**
 * The file is rewritten once it has grown by this much and to twice its live size, so that a long run does not fill the
 * disk.
 */
const COMPACT_AFTER_BYTES = 32 * 1024 * 1024
const CHUNK_BYTES = 1024 * 1024
const NEWLINE = '\n'.charCodeAt(0)

/**
 * Keeps the queues of one data directory across restarts and kills. A write reaches the operating system before its
 * call gets an answer, so it survives the process, but not the machine.
 *
 * @example
 * const journal = openJournal('/data', () => liveMessages(queues))
 * const messages = journal.takeRestored('Jobs') // what a killed process left
 * journal.append(['deleted', 'Jobs', ['…']])
 */
export function openJournal(dataDir: string, live: LiveMessages, compactAfterBytes?: number): FileJournal {
  return new FileJournal(join(dataDir, 'queues.jsonl'), live, compactAfterBytes)
}

export class FileJournal implements Journal {
  readonly #path: string
  readonly #live: LiveMessages
  readonly #compactAfterBytes: number
  readonly #restored: Restored
  #file: number | undefined
  #bytes = 0
  #compactAtBytes = 0

  constructor(path: string, live: LiveMessages, compactAfterBytes = COMPACT_AFTER_BYTES) {
    this.#path = path
    this.#live = live
    this.#compactAfterBytes = compactAfterBytes
    this.#restored = existsSync(path) ? readJournal(path) : new Map()
    this.#rewrite(restoredMessages(this.#restored))
  }

  append(...records: readonly JournalRecord[]): void {
    // After the close nothing is recorded any more. A message that was not deleted is there again at the next start.
    if (records.length === 0 || this.#file === undefined) return
    // Before the records are written: the queues already show all earlier records, and none of these.
    if (this.#bytes >= this.#compactAtBytes && this.#restored.size === 0) this.#compact()
    let lines = ''
    for (const record of records) lines += lineOf(record)
    try {
      this.#bytes += write(this.#file, lines)
    } catch (error) {
      // Half a line, as a full disk leaves it, would make the file unreadable once later lines follow it.
      ftruncateSync(this.#file, this.#bytes)
      throw error
    }
  }

  /** Returns the messages that the last process left in this queue. They are returned only once. */
  takeRestored(queue: string): readonly StoredMessage[] {
    const messages = this.#restored.get(queue)
    this.#restored.delete(queue)
    return messages === undefined ? [] : [...messages.values()]
  }

  /** Forgets the messages of queues that nobody took: the template no longer has them. */
  dropUnclaimed(): void {
    this.append(...[...this.#restored.keys()].map((queue) => ['purged', queue] as const))
    this.#restored.clear()
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #compact(): void {
    try {
      this.#rewrite(this.#live())
    } catch {
      // The disk may be full. The old file says the same, and is only longer.
      this.#compactAtBytes = 2 * this.#bytes
    }
  }

  /** Writes a second file and renames it, so a kill in between leaves the first one whole. */
  #rewrite(messages: ReturnType<LiveMessages>): void {
    const next = openSync(`${this.#path}.next`, 'w')
    let bytes
    try {
      bytes = writeMessages(next, messages)
      renameSync(`${this.#path}.next`, this.#path)
    } catch (error) {
      closeSync(next)
      throw error
    }
    this.close()
    this.#file = next
    this.#bytes = bytes
    this.#compactAtBytes = Math.max(2 * bytes, bytes + this.#compactAfterBytes)
  }
}

function writeMessages(file: number, messages: ReturnType<LiveMessages>): number {
  let bytes = 0
  let lines = ''
  for (const [queue, message] of messages) {
    lines += lineOf(['sent', queue, message])
    if (lines.length < CHUNK_BYTES) continue
    bytes += write(file, lines)
    lines = ''
  }
  return bytes + write(file, lines)
}

function lineOf(record: JournalRecord): string {
  return `${JSON.stringify(record)}\n`
}

function write(file: number, text: string): number {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
  return bytes.length
}

function readJournal(path: string): Restored {
  const queues: Restored = new Map()
  let number = 0
  for (const line of linesOf(path)) {
    number++
    try {
      apply(JSON.parse(line) as JournalRecord, queues)
    } catch (cause) {
      throw new AssemblyError(
        `${path}: line ${number} cannot be read. Something other than the local cloud changed the file; ` +
          `delete it to start with empty queues.`,
        { cause },
      )
    }
  }
  return queues
}

/**
 * Reads piece by piece, because the whole may be longer than a string can be. A whole line ends with a newline. The
 * text behind the last newline is empty, or a line torn by a kill.
 */
function* linesOf(path: string): Iterable<string> {
  const file = openSync(path, 'r')
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES)
    let rest: Buffer = Buffer.alloc(0)
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      rest = Buffer.concat([rest, chunk.subarray(0, read)])
      const end = rest.lastIndexOf(NEWLINE)
      if (end < 0) continue
      yield* rest.toString('utf8', 0, end).split('\n')
      rest = rest.subarray(end + 1)
    }
  } finally {
    closeSync(file)
  }
}

function apply(record: JournalRecord, queues: Restored): void {
  const queue = messagesOf(queues, record[1])
  switch (record[0]) {
    case 'sent':
      queue.set(record[2].id, record[2])
      break
    case 'received':
      for (const id of record[5]) markReceived(queue.get(id), record)
      break
    case 'visibility':
      for (const [id, visibleAt] of record[2]) change(queue.get(id), { visibleAt })
      break
    case 'deleted':
      for (const id of record[2]) queue.delete(id)
      break
    case 'moved':
      for (const id of record[4]) move(queue, messagesOf(queues, record[2]), id, record[3])
      break
    case 'purged':
      queue.clear()
      break
    default:
      throw new Error(`unknown record ${String((record as readonly unknown[])[0])}`)
  }
}

function messagesOf(queues: Restored, name: string): Map<string, StoredMessage> {
  const existing = queues.get(name)
  if (existing !== undefined) return existing
  const created = new Map<string, StoredMessage>()
  queues.set(name, created)
  return created
}

function markReceived(
  message: StoredMessage | undefined,
  [, , at, visibleAt, heldHere]: Extract<JournalRecord, readonly ['received', ...unknown[]]>,
): void {
  if (message === undefined) return
  message.receives++
  message.receivesHere++
  message.firstReceivedAt ??= at
  // A receiver inside the process that wrote this died with it, so the message need not stay hidden.
  message.visibleAt = heldHere ? at : visibleAt
}

function change(message: StoredMessage | undefined, changes: Partial<StoredMessage>): void {
  if (message !== undefined) Object.assign(message, changes)
}

function move(from: Map<string, StoredMessage>, to: Map<string, StoredMessage>, id: string, sourceArn: string): void {
  const message = from.get(id)
  if (message === undefined) return
  from.delete(id)
  to.set(id, message)
  change(message, { receivesHere: 0, deadLetterSourceArn: sourceArn, visibleAt: 0 })
}

function* restoredMessages(queues: Restored): ReturnType<LiveMessages> {
  for (const [queue, messages] of queues) {
    for (const message of messages.values()) yield [queue, message]
  }
}
