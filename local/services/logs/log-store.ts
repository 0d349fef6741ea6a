import type { Clock } from '../../clock.ts'
import { LogGroup } from './log-group.ts'

/** Takes the lines of functions. */
export interface LogWriter {
  write(line: { readonly groupName: string; readonly streamName: string; readonly message: string }): void
}

/** The log groups of the cloud. A group that no template has is made by its first line, as on AWS. */
export class LogStore implements LogWriter {
  readonly #clock: Clock
  readonly #groups = new Map<string, LogGroup>()
  #sequence = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Makes a group, or changes the retention of one that exists. */
  ensureGroup(name: string, retentionInDays?: number): void {
    const group = this.#groups.get(name)
    if (group === undefined) this.#groups.set(name, new LogGroup(name, this.#clock.now(), retentionInDays))
    else group.retentionInDays = retentionInDays
  }

  group(name: string): LogGroup | undefined {
    return this.#groups.get(name)
  }

  /** Returns the groups in the order of their names. */
  groups(): LogGroup[] {
    return [...this.#groups.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  removeGroup(name: string): void {
    this.#groups.delete(name)
  }

  write({ groupName, ...line }: Parameters<LogWriter['write']>[0]): void {
    if (!this.#groups.has(groupName)) this.ensureGroup(groupName)
    this.#groups.get(groupName)!.write({ ...line, sequence: this.#sequence++, timestamp: this.#clock.now() })
  }
}
