import type { Cloud } from '../../../local/cloud.ts'
import type { LogEntry } from '../../../local/context.ts'
import { ShiftedClock } from '../../../local/shifted-clock.ts'
import { deployStack } from '../../support/deployed-stack.ts'
import { SequenceFaults } from '../sequences/sequence-faults.ts'

/** Long enough for the clock to be put past every expiry. */
const TOKEN_SECONDS = 100 * 365 * 86_400
const TOLD = /(ran|end):([\w.:-]+) ([\w-]+) (\d+)/

/** A run of a job, by the clock of its function. `end` is absent if its function was killed. */
export interface ToldRun {
  readonly begin: number
  end?: number
}

/** A local cloud in this process, whose clock and faults a test controls. */
export interface World {
  readonly cloud: Cloud
  readonly clock: ShiftedClock
  readonly faults: SequenceFaults
  readonly restUrl: string
  readonly log: readonly LogEntry[]
  runsOf(jobId: string): number
  toldRunsOf(jobId: string): readonly ToldRun[]
  token(namespace: string): Promise<string>
  /** Resolves once no function runs and no message can be received. */
  idle(): Promise<void>
  newNamespace(): string
  close(): Promise<void>
}

/** Runs the assembly. Its functions must be those of `test/model/support/tasks.ts`. */
export async function startWorld(assemblyDir: string): Promise<World> {
  const clock = new ShiftedClock()
  const faults = new SequenceFaults()
  const runs = new Map<string, Map<string, ToldRun>>()
  const log: LogEntry[] = []
  const note = (entry: LogEntry): void => {
    const [, what, jobId = '', runId = '', at] = TOLD.exec(entry.message) ?? []
    const ofJob = runs.get(jobId) ?? new Map<string, ToldRun>()
    if (what !== undefined) runs.set(jobId, ofJob)
    if (what === 'ran') ofJob.set(runId, { begin: Number(at) })
    else if (what === 'end') ofJob.get(runId)!.end = Number(at)
    else if (entry.level === 'error' || entry.level === 'warn') log.push(entry)
    if (log.length > 1_000) log.shift()
  }
  const stack = await deployStack(assemblyDir, {
    clock,
    faults,
    log: note,
    // The clock is put forward by weeks. Starting every environment again each time would cost more than everything
    // else.
    idleEnvironmentMs: Number.MAX_SAFE_INTEGER,
    // Two are enough for runs to meet. More would only take time to start.
    maxEnvironmentsPerFunction: 2,
  })
  const { cloud, restUrl } = stack
  let namespaces = 0
  return {
    cloud,
    clock,
    faults,
    log,
    restUrl,
    runsOf: (jobId) => runs.get(jobId)?.size ?? 0,
    toldRunsOf: (jobId) => [...(runs.get(jobId)?.values() ?? [])],
    token: (namespace) => stack.token(namespace, TOKEN_SECONDS),
    idle: () => waitUntilIdle(cloud),
    newNamespace: () => `q${namespaces++}`,
    close: () => stack.close(),
  }
}

const LOOK_EVERY_MS = 2
/** The number of quiet looks in a row after which all is at rest: frames and logs are on their way between them. */
const LOOKS = 3

async function waitUntilIdle(cloud: Cloud): Promise<void> {
  for (let quiet = 0; quiet < LOOKS;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    const { invocations, visible } = cloud.activity()
    quiet = invocations === 0 && visible === 0 ? quiet + 1 : 0
  }
}
