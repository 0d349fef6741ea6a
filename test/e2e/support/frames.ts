import type { JobUpdate } from '../../../protocol/job/job.ts'
import type { JobsFrame, ServerFrame } from '../../../protocol/wire/frames.ts'

/** Fits the frames of a type. With a `ref`, fits only the answer to that request. */
export function frameOf<Type extends ServerFrame['type']>(type: Type, ref?: number) {
  return (frame: ServerFrame): frame is Extract<ServerFrame, { type: Type }> =>
    frame.type === type && (ref === undefined || ('ref' in frame && frame.ref === ref))
}

/** Fits the frames that bring an update of a job that passes the check. */
export function updateOf(id: string, check: (update: JobUpdate) => boolean) {
  return (frame: ServerFrame): frame is JobsFrame =>
    frame.type === 'jobs' && frame.jobs.some((update) => update.id === id && check(update))
}
