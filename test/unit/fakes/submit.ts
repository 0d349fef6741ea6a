import type { SubmitPorts } from '../../../lambdas/domain/submit/submit-jobs.ts'
import { submitJobs } from '../../../lambdas/domain/submit/submit-jobs.ts'
import type { JobRequest, SubmitOutcome } from '../../../protocol/job/job.ts'
import { accept } from '../../../protocol/kit/parsed.ts'

export type Submit = (requests: readonly JobRequest[], watcher?: string) => Promise<readonly SubmitOutcome[]>

/** Returns a function that submits jobs of the namespace "acme". */
export function submitTo(ports: SubmitPorts): Submit {
  return (requests, watcher) =>
    submitJobs(ports, {
      namespace: 'acme',
      jobs: requests.map((request) => accept(request)),
      ...(watcher === undefined ? {} : { watcher }),
    })
}
