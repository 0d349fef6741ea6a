import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { AssemblyError } from '../../assembly/assembly-error.ts'
import type { StoredMessage } from './message.ts'

/**
 * One thing that happened, as one line of the journal. Queues are named by name. Retention writes nothing: what
 * has expired is told by the time it was sent.
 */
export type JournalRecord =
  | readonly ['sent', queue: string, message: StoredMessage]
  | readonly ['received', queue: string, at: number, visibleAt: number, heldHere: boolean, ids: readonly string[]]
  | readonly ['visibility', queue: string, changes: readonly (readonly [id: string, visibleAt: number])[]]
  | readonly ['deleted', queue: string, ids: readonly string[]]
  | readonly ['moved', queue: string, to: string, sourceArn: string, ids: readonly string[]]
  | readonly ['purged', queue: string]

export interface Journal {
  /** One write, whatever the number of records. */
  append(...records: readonly JournalRecord[]): void
}

type Restored = Map<string, Map<string, StoredMessage>>

/**
 * Keeps the queues of one data directory across restarts and kills. A write is handed to the operating system
 * before the call that caused it is answered, so it survives the process, though not the machine.
 *
 * @example
 * const journal = openJournal('/data')
 * const messages = journal.takeRestored('Jobs') // what a killed process left
 * journal.append(['deleted', 'Jobs', ['…']])
 */
export function openJournal(dataDir: string): FileJournal {
  return new FileJournal(join(dataDir, 'queues.jsonl'))
}

export class FileJournal implements Journal {
  readonly #restored: Restored
  #file: number | undefined

  constructor(path: string) {
    this.#restored = existsSync(path) ? replay(path) : new Map()
    // Compacted by writing a second file and renaming it: a kill in between leaves the first one whole.
    writeFileSync(`${path}.next`, snapshot(this.#restored))
    renameSync(`${path}.next`, path)
    this.#file = openSync(path, 'a')
  }

  append(...records: readonly JournalRecord[]): void {
    // After the close nobody hears of what happens any more: what was not deleted is simply there again.
    if (records.length === 0 || this.#file === undefined) return
    let lines = ''
    for (const record of records) lines += `${JSON.stringify(record)}\n`
    const bytes = Buffer.from(lines)
    for (let written = 0; written < bytes.length;) written += writeSync(this.#file, bytes, written)
  }

  /** The messages that the last process left in this queue, handed out once. */
  takeRestored(queue: string): readonly StoredMessage[] {
    const messages = this.#restored.get(queue)
    this.#restored.delete(queue)
    return messages === undefined ? [] : [...messages.values()]
  }

  /** Forgets what was left in queues that nobody took: the template no longer has them. */
  dropUnclaimed(): void {
    this.append(...[...this.#restored.keys()].map((queue) => ['purged', queue] as const))
    this.#restored.clear()
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }
}

function replay(path: string): Restored {
  const queues: Restored = new Map()
  const lines = readFileSync(path, 'utf8').split('\n')
  // A whole line ends with a newline. What follows the last one is empty, or a line torn by a kill.
  lines.pop()
  for (const [index, line] of lines.entries()) {
    try {
      apply(JSON.parse(line) as JournalRecord, queues)
    } catch (cause) {
      throw new AssemblyError(
        `${path}: line ${index + 1} cannot be read. Something other than the local cloud changed the file; ` +
          `delete it to start with empty queues.`,
        { cause },
      )
    }
  }
  return queues
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

function snapshot(queues: Restored): string {
  let lines = ''
  for (const [queue, messages] of queues) {
    for (const message of messages.values()) {
      lines += `${JSON.stringify(['sent', queue, message] satisfies JournalRecord)}\n`
    }
  }
  return lines
}
