import type { JobLog } from '../../domain/kit/log.ts'
import { ENVIRONMENT } from '../../environment.ts'

/** Reads a setting that the stack gave this function. */
export function setting(name: keyof typeof ENVIRONMENT): string {
  const value = process.env[ENVIRONMENT[name]]
  if (!value) throw new Error(`The environment variable ${ENVIRONMENT[name]} is missing: deploy the stack again.`)
  return value
}

export function numberSetting(name: keyof typeof ENVIRONMENT): number {
  const value = Number(setting(name))
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new Error(`The environment variable ${ENVIRONMENT[name]} must be a whole number from 1: deploy again.`)
  }
  return value
}

/** The jobs whose ends this deployment logs. */
export function jobLogSetting(): { jobLog: JobLog } {
  return { jobLog: setting('jobLog') as JobLog }
}
