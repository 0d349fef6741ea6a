import { JobError, type Job } from '@jobwire/sdk'
import { EXIT_CODES } from '../../frame/exit-codes.ts'
import type { ClientSession } from '../../frame/session.ts'
import { printRecord } from './get.ts'
import { waitInterruptibly, type WaitingOptions } from './options/waiting-options.ts'

/** Waits for the output of a job and prints it. */
export async function printResult({ jobs, output }: ClientSession, id: string, options: WaitingOptions): Promise<void> {
  const value = await waitInterruptibly(jobs, id, options, (limits) => jobs.result(id, limits))
  output.value(value, () => JSON.stringify(value ?? null, null, 2))
}

/** Waits until a job has ended, and prints its record. */
export async function printEnd(session: ClientSession, job: Job, options: WaitingOptions): Promise<void> {
  try {
    await waitInterruptibly(session.jobs, job.id, options, (limits) => job.result(limits))
  } catch (error) {
    if (!JobError.is(error)) throw error
    process.exitCode = EXIT_CODES.failed.code
  }
  await printRecord(session, job.id)
}
