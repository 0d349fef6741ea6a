import type { JobKey } from './stored-job.ts'

interface JobLife extends JobKey {
  readonly createdAt: number
}

/** Returns true for the same life of the same id. */
export function isSameLife(one: JobLife, other: JobLife): boolean {
  return one.namespace === other.namespace && one.id === other.id && one.createdAt === other.createdAt
}
