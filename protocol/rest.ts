import type { WireError } from './errors.ts'
import type { JobRecord, JobRequest, SubmitOutcome } from './job.ts'

/** Every route of the REST API. All of them want `Authorization: Bearer <token>`. */
export const ROUTES = [
  { method: 'GET', path: '/', summary: 'What this deployment is: protocol version, socket address, the caller.' },
  { method: 'POST', path: '/jobs', summary: 'Submit one job, or many as `{"jobs": [...]}`.' },
  { method: 'GET', path: '/jobs/{id}', summary: 'One job, whole.' },
] as const

export type RoutePath = (typeof ROUTES)[number]['path']

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

/** `GET /jobs/{id}` */
export interface GetJobAnswer {
  readonly job: JobRecord
}

/** Any answer with a status of 400 or more. */
export interface ErrorAnswer {
  readonly error: WireError
}
