import type { PublishBody } from '../../../protocol/manage/publish.ts'
import { describe, type JobHistory, type Observation, type Violation } from './model.ts'
import type { Rest } from '../support/rest.ts'
import type { Command } from './sequence.ts'

type Publish = Omit<Command & { type: 'publish' }, 'type'>

/** A program that publishes the state of one job, and knows the answers it got. */
export class ExternalJob {
  readonly seen: Observation[] = []
  readonly violations: Violation[] = []
  readonly #rest: Rest
  readonly #history: JobHistory
  readonly #triedEnds = new Set<string>()
  #end: Publish | undefined

  constructor(rest: Rest, history: JobHistory) {
    this.#rest = rest
    this.#history = history
  }

  async publish(publish: Publish): Promise<void> {
    const { what, value } = publish
    const isEnd = what !== 'progress'
    const couldHaveEnded = this.#triedEnds.size > 0
    const ended = this.#end
    const before = this.seen.at(-1)?.update
    if (isEnd) this.#triedEnds.add(publishName(publish))
    const { status, job } = await this.#rest.publish(this.#history.id, bodyOf(publish))
    if (job !== undefined) {
      this.#history.acknowledged = true
      this.seen.push({ observer: 'publisher', update: job })
      if (isEnd) this.#end ??= publish
    }
    const isOther = ended !== undefined && publishName(ended) !== publishName(publish)
    // A progress that the record has already says nothing new, so it is answered with the record.
    const saysNothingNew = what === 'progress' && before !== undefined && job?.version === before.version
    if (job !== undefined && isOther && !saysNothingNew) {
      this.#violate('I2', `took ${what} ${value} after it had ended as ${publishName(ended)}`)
    }
    if (status === 409 && !couldHaveEnded) this.#violate('I1', `refused ${what} ${value} though nothing had ended it`)
    if (status === 404) this.#violate('I1', `was not found by a publish`)
  }

  /** Brings the job to an end, whatever was published before. */
  async finish(): Promise<void> {
    if (this.#history.acknowledged || this.#triedEnds.size > 0) {
      while (this.#end === undefined) await this.#publishSome()
    }
  }

  /** Checks that the same end changes nothing when it is published again, and that no other end is taken. */
  async publishAgain(): Promise<void> {
    const end = this.#end
    if (end === undefined) return
    const before = this.seen.at(-1)!.update
    await this.publish(end)
    const after = this.seen.at(-1)!.update
    if (describe(after) !== describe(before)) {
      this.#violate('I5', `was ${describe(before)}, published again it is ${describe(after)}`)
    }
    await this.publish({ ...end, value: end.value + 1 })
  }

  /** One of the ends that were tried is stored. The platform's answers show which one. */
  async #publishSome(): Promise<void> {
    for (const name of [...this.#triedEnds, 'success 0']) {
      const [what, value] = name.split(' ')
      await this.publish({ what: what as Publish['what'], value: Number(value) })
      if (this.#end !== undefined) return
    }
  }

  #violate(invariant: string, what: string): void {
    this.violations.push({ invariant, what: `${this.#history.id}: ${what}` })
  }
}

function publishName({ what, value }: Publish): string {
  return `${what} ${value}`
}

function bodyOf({ what, value }: Publish): PublishBody {
  if (what === 'progress') return { progress: { percent: value } }
  if (what === 'success') return { status: 'success', output: value }
  return { status: 'failed', error: { code: 'PUBLISHED', message: `Failed as ${value}.` } }
}
