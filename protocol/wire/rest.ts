import type { WireError } from '../kit/errors.ts'
import type { JobRecord, JobRequest, JobUpdate, SubmitOutcome } from '../job/job.ts'
import type { WebhookDelivery } from '../webhooks/webhook.ts'

/** Every route of the REST API. All of them want `Authorization: Bearer <token>`. */
export const ROUTES = [
  { method: 'GET', path: '/', summary: 'Get the protocol version, the socket address and the namespace of the token.' },
  { method: 'POST', path: '/jobs', summary: 'Submit one job, or many as `{"jobs": [...]}`.' },
  { method: 'GET', path: '/jobs/{id}', summary: 'Get one job with all its fields.' },
  { method: 'DELETE', path: '/jobs/{id}', summary: 'Delete a job that has ended.' },
  { method: 'POST', path: '/jobs/{id}/cancel', summary: 'Cancel a job that has not ended.' },
  { method: 'POST', path: '/jobs/{id}/retry', summary: 'Run a failed or cancelled job again.' },
  {
    method: 'POST',
    path: '/jobs/{id}/publish',
    summary: 'Report the progress or the result of a job that no queue runs.',
  },
  { method: 'GET', path: '/jobs/{id}/deliveries', summary: 'List the deliveries of the webhooks of a job.' },
  { method: 'GET', path: '/jobs', summary: 'List jobs, by status, id, time, task, tags and metadata.' },
  { method: 'GET', path: '/counts', summary: 'Count the jobs in each status.' },
  { method: 'GET', path: '/failures', summary: 'Count the failed jobs by error code.' },
  { method: 'POST', path: '/retries', summary: 'Run failed jobs again: by id, by code, or all.' },
  { method: 'POST', path: '/schedules', summary: 'Create a schedule that submits a task again and again.' },
  { method: 'GET', path: '/schedules', summary: 'List the schedules in the order of their names.' },
  { method: 'GET', path: '/schedules/{name}', summary: 'Get one schedule with its last and next run.' },
  { method: 'DELETE', path: '/schedules/{name}', summary: 'Delete a schedule.' },
  { method: 'POST', path: '/schedules/{name}/pause', summary: 'Pause a schedule.' },
  { method: 'POST', path: '/schedules/{name}/resume', summary: 'Resume a paused schedule.' },
  { method: 'GET', path: '/webhooks/secret', summary: 'Get the secret that signs the webhooks of the namespace.' },
  { method: 'GET', path: '/workers', summary: 'List the workers that run jobs now, and the tasks of each.' },
] as const

/** How a route is called in code: `GET /jobs/{id}`. */
export type RouteName = NameOf<(typeof ROUTES)[number]>

type NameOf<Route> = Route extends { method: infer Method extends string; path: infer Path extends string }
  ? `${Method} ${Path}`
  : never

export const PROTOCOL_VERSION = 1

/** `GET /` */
export interface PlatformInfo {
  readonly protocol: typeof PROTOCOL_VERSION
  readonly socketUrl: string
  readonly namespace: string
}

/** `POST /jobs`, many. A single job is a `JobRequest` by itself and is answered by its outcome alone. */
export interface SubmitManyBody {
  readonly jobs: readonly JobRequest[]
}

/** Answers `POST /jobs` with many: 200, one outcome for each job in the request's order. */
export interface SubmitManyAnswer {
  readonly jobs: readonly SubmitOutcome[]
}

/** Answers `POST /jobs/{id}/cancel` and `POST /jobs/{id}/publish`: what the job is now. */
export interface JobUpdateAnswer {
  readonly job: JobUpdate
}

/** `GET /jobs/{id}` */
export interface GetJobAnswer {
  readonly job: JobRecord
}

/** `GET /jobs/{id}/deliveries`: the latest first, a hundred at most. */
export interface DeliveriesAnswer {
  readonly deliveries: readonly WebhookDelivery[]
}

/** `GET /webhooks/secret` */
export interface WebhookSecretAnswer {
  /** `whsec_` and base64: what `verifyWebhook` wants. */
  readonly secret: string
  /** The one before it, where the deployment has changed it: until the next change, webhooks bear both signatures. */
  readonly previous?: string
}

/** Any answer with a status of 400 or more. */
export interface ErrorAnswer {
  readonly error: WireError
}
