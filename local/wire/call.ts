import type { IncomingHttpHeaders } from 'node:http'

/** Who makes a call, read from the access key of its signature. Signatures themselves are not verified. */
export interface Principal {
  /** A function's role, or the account's owner (anyone whose key no function was given), who may do anything. */
  readonly kind: 'role' | 'owner'
  /** What meters and messages call it: the function's name, or `client`. */
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
  /** The key of its signature: each execution environment of a function has its own. */
  readonly accessKeyId?: string | undefined
  readonly method: string
  /** With a leading slash, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Aborted where the caller hangs up before it is answered; absent on calls that come over no connection. */
  readonly hungUp?: AbortSignal
  /** The body as JSON, parsed once, on first use. Throws an `AwsError` where it is none. */
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

/** How a service answers AWS calls. */
export interface AwsApi {
  /** True where the request (by target header, path or protocol) is this service's. Gives the operation. */
  match(request: AwsRequestHead): string | undefined
  /** The service's name in IAM and in credentials' scopes. */
  readonly service: string
  /** True where pages in browsers may make its calls, as they do by presigned URLs. */
  readonly openToPages?: boolean
  /** Every permission that this call needs. An unknown operation throws. */
  authorizations(call: AwsCall): readonly Authorization[]
  handle(call: AwsCall): Promise<AwsAnswer>
  /** An error in the service's own dialect. */
  renderError(error: AwsError): AwsAnswer
}

export interface AwsRequestHead {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
}

/**
 * The one seam through which every AWS call passes. IAM is such an interceptor; counting by call and fault
 * injection are others. Each may answer itself, throw an `AwsError` or a `ConnectionCut`, or call `next`, with
 * another call where that one is to be made instead.
 */
export type CallInterceptor = (call: AwsCall, next: (instead?: AwsCall) => Promise<AwsAnswer>) => Promise<AwsAnswer>

/** The same call with another body. */
export function withInput(call: AwsCall, input: Record<string, unknown>): AwsCall {
  return { ...call, body: Buffer.from(JSON.stringify(input)), input: () => input }
}

/** Thrown in place of an answer: the caller's connection ends without a word, as where a network fails. */
export class ConnectionCut extends Error {
  override readonly name = 'ConnectionCut'
}

/** An error that AWS would give, by its AWS code. */
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
