import { isTerminal } from '../../../protocol/job/job.ts'
import { idOfKey } from '../../../protocol/job/key-id.ts'
import type { JobRecord, JobRequest, SubmitOutcome } from '../../../protocol/job/job.ts'
import { Client } from './client.ts'
import { ExternalJob } from './external-job.ts'
import { checkRuns } from './check-runs.ts'
import { findSpoiled, publishHalf, spoilSubmit, unspoilOutcomes } from './half-characters.ts'
import { checkJob, describe, mayEndAs, type JobHistory, type Observation, type Violation } from './model.ts'
import { Rest } from '../support/rest.ts'
import type { Point } from './sequence-faults.ts'
import { CLIENTS, DELAY_MS, EXTERNAL, JOBS, type Command, type JobName, type Sequence, type Task } from './sequence.ts'
import type { World } from '../support/world.ts'

const SUBMIT_TRIES = 3
/** `UNAVAILABLE` and `THROTTLED` are possible if the platform cannot tell at the moment. */
const CONFLICT_CODES: ReadonlySet<string> = new Set(['IDEMPOTENCY_CONFLICT', 'UNAVAILABLE', 'THROTTLED'])

/** Plays one sequence in its own namespace, and keeps all that it is told. */
export class Player {
  readonly namespace: string
  readonly #world: World
  readonly #sequence: Sequence
  readonly #crashesBefore: number
  readonly #rest: Rest
  readonly #clients: readonly Client[]
  readonly #ids: ReadonlyMap<JobName, string>
  readonly #unansweredReruns = new Set<JobName>()
  readonly #external: ExternalJob
  readonly #jobs = new Map<string, JobHistory>()
  readonly #seenByRest: Observation[] = []
  readonly #violations: Violation[] = []
  #final = new Map<string, JobRecord | undefined>()
  #runs = new Map<string, number>()
  #deleted: JobRecord | undefined
  points: readonly Point[] = []
  crashes = 0

  static async create(world: World, sequence: Sequence): Promise<Player> {
    const namespace = world.newNamespace()
    const ids = new Map<JobName, string>()
    for (const name of [...JOBS, EXTERNAL] as const) ids.set(name, `${namespace}.${name}`)
    for (const name of sequence.keyed ?? []) ids.set(name, await idOfKey(namespace, idempotencyKeyOf(name)))
    return new Player(world, sequence, namespace, ids)
  }

  private constructor(world: World, sequence: Sequence, namespace: string, ids: ReadonlyMap<JobName, string>) {
    this.#world = world
    this.#crashesBefore = world.faults.crashes
    this.#sequence = sequence
    this.namespace = namespace
    this.#ids = ids
    this.#rest = new Rest(world, this.namespace)
    this.#external = new ExternalJob(this.#rest, this.#jobOf(EXTERNAL))
    this.#clients = Array.from({ length: CLIENTS }, (_, index) => new Client(world, this.namespace, `session-${index}`))
  }

  get violations(): readonly Violation[] {
    return [...this.#violations, ...this.#external.violations]
  }

  /** `pass` puts the clock forward once every other player waits for that, too. */
  async play(pass: (seconds: number) => Promise<void>): Promise<void> {
    this.#world.faults.arm(this.namespace, this.#sequence.faults)
    for (const command of this.#sequence.commands) {
      // Commands of one client wait for each other in its queue. Commands of different clients run side by side.
      await this.#obey(command, pass)
    }
  }

  /** Counts the crashes of all sequences that are played together. */
  #crashesAround(): number {
    return this.#world.faults.crashes - this.#crashesBefore
  }

  /** The number of jobs that ended because their function was killed. */
  get givenUp(): number {
    return [...this.#final.values()].filter((job) => job?.error?.code === 'WORKER_CRASHED').length
  }

  /** Ends all faults: everything that has begun must now come to its end. */
  heal(): void {
    const { crashes, points } = this.#world.faults.disarm(this.namespace)
    this.crashes = crashes
    this.points = points
    // These jobs may have run again since, and may have another end by now.
    for (const { ended } of this.#clients) ended.clear()
  }

  /** Reconnects as a client does after it lost its connection. Returns true if there was nothing to do. */
  async resume(): Promise<boolean> {
    const resumed = await Promise.all(
      this.#clients.map(async (client) => {
        const missed = [...client.wanted].filter((id) => !client.watched.has(id) && !client.ended.has(id))
        if (missed.length === 0) return true
        await client.connect()
        await client.subscribe(missed)
        return false
      }),
    )
    return resumed.every(Boolean)
  }

  /** Asks for a rerun again that had no answer, or the answer that it is unknown if it was accepted. */
  async finishReruns(): Promise<void> {
    for (const name of this.#unansweredReruns) {
      while (isUnanswered((await this.#rest.retry(this.#idOf(name))).status));
    }
  }

  /** Ends the jobs that other programs run. */
  finishExternal(): Promise<void> {
    return this.#external.finish()
  }

  /** Checks I1 to I4 once everything has come to rest. */
  async checkEnds(): Promise<void> {
    for (const job of this.#jobs.values()) {
      const final = await this.#rest.job(job.id)
      this.#final.set(job.id, final)
      this.#runs.set(job.id, this.#world.runsOf(job.id))
      this.#violations.push(...checkJob(job, this.#observationsOf(job.id), final, this.#crashesAround()))
      this.#violations.push(...checkRuns(job, this.#world.toldRunsOf(job.id), final, this.#sequence))
      if (final === undefined || !isTerminal(final.status)) continue
      for (const client of this.#clients.filter(({ wanted }) => wanted.has(job.id))) {
        const told = client.updates.some(({ id, version }) => id === job.id && version === final.version)
        if (!told) this.#violate('I3', `${client.session} watched ${job.id}, and was never told how it ended`)
      }
    }
  }

  /** Sends every message once more, as SQS may deliver it twice. */
  async deliverAgain(): Promise<void> {
    await Promise.all(
      (this.#world.faults.messages.get(this.namespace) ?? []).map(({ queueUrl, body }) =>
        fetch(this.#world.cloud.endpoint, {
          method: 'POST',
          headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.SendMessage' },
          body: JSON.stringify({ QueueUrl: queueUrl, MessageBody: body }),
        }),
      ),
    )
  }

  /** Checks the answers of I5: every further submit returns the first job. */
  async submitAgain(): Promise<void> {
    await this.#external.publishAgain()
    const ended = this.#ended()
    if (ended.length === 0) return
    const outcomes = await this.#rest.submit(ended.map((job) => this.#request(this.#nameOf(job.id))))
    for (const [place, job] of ended.entries()) {
      const outcome = outcomes?.[place]
      const same = outcome && !('error' in outcome) && outcome.existed && outcome.version === job.version
      if (!same) this.#violate('I5', `${job.id} was submitted again, and the answer was ${JSON.stringify(outcome)}`)
    }
  }

  /** Checks that ended jobs have not changed and did not run again. */
  async checkUnchanged(invariant: 'I5' | 'I6'): Promise<void> {
    for (const [id, final] of this.#final) {
      if (final === undefined || !isTerminal(final.status)) continue
      const runs = this.#world.runsOf(id) - this.#runs.get(id)!
      if (runs > 0) this.#violate(invariant, `${id} ran ${runs} times more after it had ended`)
      this.#runs.set(id, this.#world.runsOf(id))
      if (invariant === 'I6') continue
      const now = await this.#rest.job(id)
      if (now === undefined || describe(now) !== describe(final)) {
        this.#violate('I2', `${id} was ${describe(final)} and is ${now && describe(now)}`)
      }
    }
  }

  /** Checks that a deleted job is gone, and that a late message does not bring it back. */
  async delete(): Promise<void> {
    const [job] = this.#ended()
    if (job === undefined) return
    const status = await this.#rest.delete(job.id)
    if (status !== 204) this.#violate('I8', `${job.id} had ended, and deleting it gave ${status}`)
    this.#deleted = job
    await this.deliverAgain()
  }

  /** Checks that the id of a deleted job is free again. */
  async submitDeleted(): Promise<void> {
    const job = this.#deleted
    if (job === undefined) return
    const found = await this.#rest.job(job.id)
    if (found !== undefined) this.#violate('I8', `${job.id} was deleted, and is ${describe(found)}`)
    const runs = this.#world.runsOf(job.id) - this.#runs.get(job.id)!
    if (runs > 0) this.#violate('I5', `${job.id} ran ${runs} times after it was deleted`)
    const outcome = await this.#rest.outcomeOf(this.#request(this.#nameOf(job.id)))
    if (outcome === undefined || 'error' in outcome || outcome.existed === true) {
      this.#violate('I8', `${job.id} was deleted and submitted, and gave ${JSON.stringify(outcome)}`)
    }
  }

  async checkSubmittedAnew(): Promise<void> {
    if (this.#deleted === undefined) return
    const { id } = this.#deleted
    const final = await this.#rest.job(id)
    const ended = final !== undefined && isTerminal(final.status) && mayEndAs(this.#jobs.get(id)!, final, 0)
    if (!ended) this.#violate('I1', `${id} was submitted anew, and is ${final && describe(final)}`)
  }

  /** Checks I8 once every record has expired. */
  async checkExpired(bySocketToo: boolean): Promise<void> {
    const ids = [...this.#jobs.values()].filter(({ task }) => task !== 'external').map(({ id }) => id)
    if (ids.length === 0) return
    const found = await this.#rest.job(ids[0]!)
    if (found !== undefined) this.#violate('I8', `${found.id} was read ${describe(found)} after it had expired`)
    if (bySocketToo) await this.#subscribeToExpired(ids)
    const [outcome] = (await this.#rest.submit([this.#request(this.#nameOf(ids[0]!))])) ?? []
    if (outcome === undefined || 'error' in outcome || outcome.existed === true) {
      this.#violate('I8', `${ids[0]} was submitted after it had expired, and gave ${JSON.stringify(outcome)}`)
    }
  }

  async #subscribeToExpired(ids: readonly string[]): Promise<void> {
    const client = new Client(this.#world, this.namespace, 'latecomer')
    await client.connect()
    const state = await client.ask({ type: 'subscribe', ids })
    if (state?.type !== 'state' || state.jobs.length > 0) {
      this.#violate('I8', `a subscribe after the expiry gave ${JSON.stringify(state)}`)
    }
    client.cut()
  }

  leave(): void {
    for (const client of this.#clients) client.cut()
    this.#world.faults.forget(this.namespace)
  }

  async #obey(command: Command, pass: (seconds: number) => Promise<void>): Promise<void> {
    switch (command.type) {
      case 'submit':
        return this.#submit(command)
      case 'resubmit':
        return this.#resubmit(command)
      case 'subscribe':
        return this.#subscribe(command)
      case 'cut':
        return this.#clients[command.client]!.cut()
      case 'reconnect':
        return this.#clients[command.client]!.connect()
      case 'read': {
        const update = await this.#rest.job(this.#idOf(command.job))
        if (update !== undefined) this.#seenByRest.push({ observer: 'rest', update })
        return
      }
      case 'cancel':
        return this.#cancel(this.#jobOf(command.job))
      case 'conflict':
        return this.#conflict(this.#jobOf(command.job))
      case 'rerun':
        return this.#rerun(command)
      case 'publish':
        return this.#publish(command)
      case 'pause':
        return new Promise((resolve) => setTimeout(resolve, command.ms))
      case 'pass':
        return pass(command.seconds)
    }
  }

  async #subscribe({ client: index, jobs }: Command & { type: 'subscribe' }): Promise<void> {
    const client = this.#clients[index]!
    if (!client.isConnected) await client.connect()
    for (const name of jobs) this.#jobOf(name)
    await client.subscribe(jobs.map((name) => this.#idOf(name)))
  }

  async #cancel(job: JobHistory): Promise<void> {
    const { acknowledged } = job
    job.cancelAsked = true
    const { status, job: update } = await this.#rest.cancel(job.id)
    if (update !== undefined) this.#seenByRest.push({ observer: 'rest', update })
    if (update !== undefined && !isTerminal(update.status)) this.#violate('I2', `a cancel gave ${describe(update)}`)
    if (status === 404 && acknowledged) this.#violate('I1', `${job.id} was acknowledged, and a cancel did not find it`)
  }

  async #conflict({ id, acknowledged }: JobHistory): Promise<void> {
    // If the job may not exist, this would be its first submit.
    if (!acknowledged) return
    const outcome = await this.#rest.outcomeOf({ ...this.#request(this.#nameOf(id)), input: 'another' })
    const code = outcome && 'error' in outcome ? outcome.error.code : undefined
    const refused = outcome === undefined || (code !== undefined && CONFLICT_CODES.has(code))
    if (!refused) this.#violate('I5', `${id} was submitted with another input, and gave ${JSON.stringify(outcome)}`)
  }

  async #rerun({ job: name, submits }: Command & { type: 'rerun' }): Promise<void> {
    const job = this.#jobOf(name)
    const { acknowledged } = job
    job.rerunAsked = true
    if (!submits) {
      const { status } = await this.#rest.retry(job.id)
      if (status === 404 && acknowledged) this.#violate('I1', `${job.id} was acknowledged, and a retry did not find it`)
      if (isUnanswered(status)) this.#unansweredReruns.add(name)
      return
    }
    const outcome = await this.#rest.outcomeOf({ ...this.#request(name), rerun: true })
    if (outcome === undefined || 'error' in outcome) this.#unansweredReruns.add(name)
    else job.acknowledged = true
  }

  async #submit({ client, jobs, rest }: Command & { type: 'submit' }): Promise<void> {
    const known = new Set(jobs.map((name) => this.#jobOf(name)).flatMap((job) => (job.acknowledged ? job.id : [])))
    const { half } = this.#sequence
    const requests = spoilSubmit(
      jobs.map((name) => this.#request(name)),
      half,
    )
    for (let attempt = 0; attempt < SUBMIT_TRIES; attempt++) {
      const all = rest ? await this.#rest.submit(requests) : await this.#submitBySocket(client, requests)
      if (all === undefined) continue
      this.#violations.push(...findSpoiled(all, half))
      const outcomes = unspoilOutcomes(all, half)
      for (const outcome of outcomes) {
        if ('error' in outcome) continue
        this.#jobs.get(outcome.id)!.acknowledged = true
        const isNew = known.has(outcome.id) && outcome.existed !== true
        if (isNew) this.#violate('I5', `${outcome.id} was known, and gave ${JSON.stringify(outcome)}`)
      }
      if (outcomes.every((outcome) => !('error' in outcome))) return
    }
  }

  async #publish(command: Command & { type: 'publish' }): Promise<void> {
    if (this.#sequence.half !== undefined) {
      for await (const violation of publishHalf(this.#rest, this.#idOf(EXTERNAL))) this.#violations.push(violation)
    }
    await this.#external.publish(command)
  }

  async #resubmit({ job, times, everyMs }: Command & { type: 'resubmit' }): Promise<void> {
    for (let time = 0; time <= times; time++) {
      if (time > 0) await new Promise((resolve) => setTimeout(resolve, everyMs))
      await this.#submit({ type: 'submit', client: 0, jobs: [job], rest: true })
    }
  }

  async #submitBySocket(index: number, jobs: readonly JobRequest[]): Promise<readonly SubmitOutcome[] | undefined> {
    const client = this.#clients[index]!
    if (!client.isConnected) await client.connect()
    const frame = await client.ask({ type: 'submit', jobs })
    return frame?.type === 'accepted' ? frame.jobs : undefined
  }

  #request(name: JobName): JobRequest {
    const named = this.#sequence.keyed?.includes(name)
      ? { idempotencyKey: idempotencyKeyOf(name) }
      : { id: this.#idOf(name) }
    const delay = this.#sequence.delayed?.includes(name) ? { delay: DELAY_MS } : {}
    return { ...named, ...delay, task: this.#taskOf(name) }
  }

  #taskOf(name: JobName): Task {
    return name === EXTERNAL ? 'external' : (this.#sequence.tasks[name] ?? 'value')
  }

  #idOf(name: JobName): string {
    return this.#ids.get(name)!
  }

  #nameOf(id: string): JobName {
    return [...this.#ids].find(([, each]) => each === id)![0]
  }

  /** Returns the records of ended jobs that a queue has run. */
  #ended(): JobRecord[] {
    return [...this.#final.values()].filter(
      (job): job is JobRecord => job !== undefined && job.task !== 'external' && isTerminal(job.status),
    )
  }

  #jobOf(name: JobName): JobHistory {
    const id = this.#idOf(name)
    const known = this.#jobs.get(id)
    if (known !== undefined) return known
    const delayed = this.#sequence.delayed?.includes(name) ?? false
    const task = this.#taskOf(name)
    const job = { id, task, delayed, acknowledged: false, cancelAsked: false, rerunAsked: false }
    this.#jobs.set(id, job)
    return job
  }

  #observationsOf(id: string): Observation[] {
    const pushed = this.#clients.flatMap(({ session: observer, updates }) =>
      updates.map((update) => ({ observer, update })),
    )
    return [...pushed, ...this.#seenByRest, ...this.#external.seen].filter(({ update }) => update.id === id)
  }

  #violate(invariant: string, what: string): void {
    this.#violations.push({ invariant, what })
  }
}

function isUnanswered(status: number): boolean {
  return status >= 500 || status === 429
}

function idempotencyKeyOf(name: JobName): string {
  return `the key of ${name}`
}
