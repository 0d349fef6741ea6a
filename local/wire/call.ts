import type { IncomingHttpHeaders } from 'node:http'

/** The caller, read from the access key of the signature. Signatures themselves are not verified. */
export interface Principal {
  /**
   * A function's role, or the account's owner, who may do anything. Any key that no function was given is the owner's.
   */
  readonly kind: 'role' | 'owner'
  /** The name in meters and messages: the function's name, or `client`. */
  readonly name: string
  readonly roleArn?: string
}

/** One call of an AWS SDK, as it came over the wire. */
export interface AwsCall {
  /** The service's name in IAM: `sqs`, `dynamodb`, `secretsmanager`, `execute-api`. */
  readonly service: string
  /** `SendMessageBatch`, `BatchExecuteStatement`, `PostToConnection`, … */
  readonly operation: string
  readonly principal: Principal
  /** The key of the signature. Each execution environment of a function has its own. */
  readonly accessKeyId?: string | undefined
  readonly method: string
  /** With a leading slash, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Aborted if the caller hangs up before the answer. Absent on calls that come over no connection. */
  readonly hungUp?: AbortSignal
  /** The body as JSON, parsed on first use. Throws an `AwsError` if it is not a JSON object. */
  input(): Record<string, unknown>
}

export interface AwsAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** One permission that a call needs. */
export interface Authorization {
  /** Like `dynamodb:PartiQLInsert`. */
  readonly action: string
  readonly resourceArn: string
}

/** The AWS API of one service. */
export interface AwsApi {
  /** Returns the operation if the request is for this service (by target header, path or protocol), else undefined. */
  match(request: AwsRequestHead): string | undefined
  /** The service's name in IAM and in credentials' scopes. */
  readonly service: string
  /** True if pages in browsers may make its calls, as they do with presigned URLs. */
  readonly openToPages?: boolean
  /** Returns every permission that this call needs. Throws for an unknown operation. */
  authorizations(call: AwsCall): readonly Authorization[]
  handle(call: AwsCall): Promise<AwsAnswer>
  /** Writes an error in the service's own dialect. */
  renderError(error: AwsError): AwsAnswer
}

export interface AwsRequestHead {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
}

/**
 * A function that every AWS call passes. IAM, the count of calls and fault injection are interceptors. Each may answer
 * itself, throw an `AwsError` or a `ConnectionCut`, or call `next`, with another call to make that one instead.
 */
export type CallInterceptor = (call: AwsCall, next: (instead?: AwsCall) => Promise<AwsAnswer>) => Promise<AwsAnswer>

/** Returns the same call with another body. */
export function withInput(call: AwsCall, input: Record<string, unknown>): AwsCall {
  return { ...call, body: Buffer.from(JSON.stringify(input)), input: () => input }
}

/** Thrown instead of an answer: the caller's connection breaks, as when a network fails. */
export class ConnectionCut extends Error {
  override readonly name = 'ConnectionCut'
}

/** An error of AWS, with its AWS code. */
export class AwsError extends Error {
  override readonly name = 'AwsError'
  constructor(
    /** Like `AccessDeniedException`. */
    readonly code: string,
    message: string,
    readonly status = 400,
    /** Further members of the JSON body. */
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message)
  }
}
