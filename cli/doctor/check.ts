import { reportError } from '../frame/report-error.ts'
import type { ExitName } from '../frame/exit-codes.ts'

/** The result of one check. `info` says something that is neither right nor wrong. */
export interface Check {
  readonly name: string
  readonly state: 'ok' | 'failed' | 'info'
  readonly detail: string
  /** The next step, if the check failed. */
  readonly advice?: string
  /** The exit code that a failed check asks for. */
  readonly exit?: ExitName
}

export function ok(name: string, detail: string): Check {
  return { name, state: 'ok', detail }
}

export function info(name: string, detail: string): Check {
  return { name, state: 'info', detail }
}

export function failed(name: string, detail: string, advice: string, exit: ExitName = 'failed'): Check {
  return { name, state: 'failed', detail, advice, exit }
}

/** Runs a check. Something thrown is a failed check, with this advice. */
export async function attempt(name: string, advice: string, check: () => Promise<Check>): Promise<Check> {
  try {
    return await check()
  } catch (error) {
    const { exit, error: wire } = reportError(error)
    return failed(name, `${wire.code}: ${wire.message}`, advice, exit)
  }
}
