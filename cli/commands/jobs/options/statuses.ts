import { InvalidArgumentError } from 'commander'
import type { JobStatus } from '@jobwire/sdk'
import { JOB_STATUSES } from '../../../../protocol/job/job.ts'

/** Reads statuses with commas between them. */
export function parseStatuses(text: string, before: readonly JobStatus[] = []): readonly JobStatus[] {
  const statuses = text.split(',').map((status) => status.trim())
  for (const status of statuses) {
    if (!JOB_STATUSES.includes(status as JobStatus)) {
      throw new InvalidArgumentError(`There is no status "${status}". There are: ${JOB_STATUSES.join(', ')}.`)
    }
  }
  return [...before, ...(statuses as JobStatus[])]
}
