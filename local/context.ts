import type { Clock } from './clock.ts'
import type { FaultPlan } from './faults/fault-plan.ts'
import type { Meter } from './meter.ts'

/** What every local service is given. */
export interface CloudContext {
  readonly accountId: string
  readonly region: string
  /** `http://127.0.0.1:<port>`: the server listens before resources are made, so the port is known. */
  readonly endpoint: string
  readonly clock: Clock
  readonly meter: Meter
  /** Where state is kept across restarts; absent: in memory only. */
  readonly dataDir?: string
  /** What goes wrong on purpose; absent: nothing. */
  readonly faults?: FaultPlan
  /** One line of what happened, for whoever watches the process; functions' own output goes here too. */
  readonly log: (entry: LogEntry) => void
}

export interface LogEntry {
  readonly source: string
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
}
