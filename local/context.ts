import type { Clock } from './clock.ts'
import type { FaultPlan } from './faults/fault-plan.ts'
import type { Meter } from './meter.ts'

/** The things that every local service is given. */
export interface CloudContext {
  readonly accountId: string
  readonly region: string
  /** `http://127.0.0.1:<port>`. The server listens before resources are made, so the port is known. */
  readonly endpoint: string
  readonly clock: Clock
  readonly meter: Meter
  /** The folder that keeps state across restarts. Absent: in memory only. */
  readonly dataDir?: string
  /** The file that keeps secrets across restarts. Absent: in memory only. */
  readonly secretsFile?: string
  /** True if functions may reach AWS itself. */
  readonly allowRealAws?: boolean
  /** The messages of one queue that may be in flight. Absent: as many as on AWS. */
  readonly maxInFlight?: number
  /** Faults to inject. Absent: none. */
  readonly faults?: FaultPlan
  /** Takes one line for whoever watches the process. The output of functions goes here too. */
  readonly log: (entry: LogEntry) => void
}

export interface LogEntry {
  readonly source: string
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
}
