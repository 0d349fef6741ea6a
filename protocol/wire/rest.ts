import type { WireError } from '../kit/errors.ts'
import type { JobRecord, JobRequest, JobUpdate, SubmitOutcome } from '../job/job.ts'
import type { WebhookDelivery } from '../webhooks/webhook.ts'

/** Every route of the REST API. All of them need `Authorization: Bearer <token>`. */
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

/** The name of a route in code, like `GET /jobs/{id}`. */
export type RouteName = NameOf<(typeof ROUTES)[number]>

type NameOf<Route> = Route extends { method: infer Method extends string; path: infer Path extends string }
  ? `${Method} ${Path}`
  : never

export const PROTOCOL_VERSION = 1

/** The answer to `GET /`. */
export interface PlatformInfo {
  readonly protocol: typeof PROTOCOL_VERSION
  readonly socketUrl: string
  readonly namespace: string
}

/** The body of `POST /jobs` with many jobs. A single job is a `JobRequest` by itself, and its answer is its outcome. */
export interface SubmitManyBody {
  readonly jobs: readonly JobRequest[]
}

/** The answer to `POST /jobs` with many jobs: 200, and one outcome for each job in the order of the request. */
export interface SubmitManyAnswer {
  readonly jobs: readonly SubmitOutcome[]
}

/** The answer to `POST /jobs/{id}/cancel` and `POST /jobs/{id}/publish`: the job as it is now. */
export interface JobUpdateAnswer {
  readonly job: JobUpdate
}

/** The answer to `GET /jobs/{id}`. */
export interface GetJobAnswer {
  readonly job: JobRecord
}

/** The answer to `GET /jobs/{id}/deliveries`: the latest first, at most a hundred. */
export interface DeliveriesAnswer {
  readonly deliveries: readonly WebhookDelivery[]
}

/** The answer to `GET /webhooks/secret`. */
export interface WebhookSecretAnswer {
  /** `whsec_` and base64, as `verifyWebhook` takes it. */
  readonly secret: string
  /** The secret before a change. Until the next change, webhooks have a signature by each of the two. */
  readonly previous?: string
}

/** Any answer with a status of 400 or more. */
export interface ErrorAnswer {
  readonly error: WireError
}
