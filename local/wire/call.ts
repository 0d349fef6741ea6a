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
  readonly method: string
  /** With a leading slash, without the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
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
  /** Every permission that this call needs. An unknown operation throws. */
  authorizations(call: AwsCall): readonly Authorization[]
  handle(call: AwsCall): Promise<AwsAnswer>
  /** An error in the service's own dialect. */
  renderError(error: AwsError): AwsAnswer
}

export interface AwsRequestHead {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/**
 * The one seam through which every AWS call passes. IAM is such an interceptor; metering by call and fault
 * injection are others. Each may answer itself, throw an `AwsError`, or call `next`.
 */
export type CallInterceptor = (call: AwsCall, next: () => Promise<AwsAnswer>) => Promise<AwsAnswer>

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
