import { randomUUID } from 'node:crypto'
import { FunctionThrottledError, InvocationCutOffError } from '../function-invoker.ts'
import { AwsError } from '../../wire/call.ts'
import type { AwsAnswer, AwsApi, AwsCall, AwsRequestHead } from '../../wire/call.ts'
import { decodePathPart } from '../../wire/decode-path-part.ts'
import { MAX_REQUEST_BYTES } from './error-payloads.ts'
import type { EventInvocations } from './event-invocations.ts'
import type { FunctionPool } from './function-pool.ts'

export interface LambdaApiDeps {
  readonly functions: () => Iterable<FunctionPool>
  /** Finds a function by name or ARN. Throws `ResourceNotFoundException`. */
  readonly find: (nameOrArn: string) => FunctionPool
  readonly throttleReason: (functionName: string) => string
  readonly events: EventInvocations
}

const FUNCTIONS_PATH = /^\/2015-03-31\/functions(?:\/([^/]+)(\/invocations)?)?\/?$/
/** The characters of a name, and of an ARN with or without a version. */
const NAME_OR_ARN = /^[\w:$-]{1,170}$/
const OPERATIONS = { list: 'ListFunctions', get: 'GetFunction', invoke: 'Invoke' } as const
/** 1 MB since October 2025. */
const MAX_EVENT_BYTES = 1024 * 1024

/** The REST API of Lambda, as far as the local cloud has it: Invoke, GetFunction, ListFunctions. */
export function createLambdaApi(deps: LambdaApiDeps): AwsApi {
  return {
    service: 'lambda',
    match: lambdaOperation,
    authorizations: (call) => [
      call.operation === OPERATIONS.list
        ? { action: 'lambda:ListFunctions', resourceArn: '*' }
        : {
            action: call.operation === OPERATIONS.invoke ? 'lambda:InvokeFunction' : 'lambda:GetFunction',
            resourceArn: deps.find(functionName(call)).functionArn,
          },
    ],
    async handle(call) {
      if (call.operation === OPERATIONS.invoke) return await invokeFunction(deps, call)
      if (call.operation === OPERATIONS.get) return getFunction(deps.find(functionName(call)))
      return jsonAnswer(200, { Functions: [...deps.functions()].map(describeFunction) })
    },
    renderError: (error) => ({
      status: error.status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
      body: JSON.stringify({ Type: error.status < 500 ? 'User' : 'Service', message: error.message, ...error.details }),
    }),
  }
}

function lambdaOperation({ method, path }: AwsRequestHead): string | undefined {
  const match = FUNCTIONS_PATH.exec(path)
  if (match === null) return undefined
  const [, name, invocations] = match
  if (method === 'POST' && invocations !== undefined) return OPERATIONS.invoke
  if (method !== 'GET' || invocations !== undefined) return undefined
  return name === undefined ? OPERATIONS.list : OPERATIONS.get
}

function functionName(call: AwsCall): string {
  const name = decodePathPart(FUNCTIONS_PATH.exec(call.path)![1]!)
  if (NAME_OR_ARN.test(name)) return name
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: ` +
      'Member must be the name or the ARN of a function',
  )
}

async function invokeFunction(deps: LambdaApiDeps, call: AwsCall): Promise<AwsAnswer> {
  const pool = deps.find(functionName(call))
  const type = header(call, 'x-amz-invocation-type') ?? 'RequestResponse'
  for (const unsupported of ['x-amz-client-context', 'x-amz-durable-execution-name', 'x-amz-tenant-id']) {
    if (header(call, unsupported) !== undefined) throw notImplemented(`the header ${unsupported}`)
  }
  if ((header(call, 'x-amz-log-type') ?? 'None') !== 'None') {
    throw notImplemented('LogType Tail; what functions log is shown by the local cloud itself')
  }
  const payload = payloadOf(call, type === 'Event' ? MAX_EVENT_BYTES : MAX_REQUEST_BYTES, type)
  if (type === 'DryRun') return { status: 204, body: '' }
  const requestId = randomUUID()
  if (type === 'Event') {
    // Whatever becomes of it is in the log. It ends with the cloud.
    deps.events.accept(pool, payload, requestId).catch(() => undefined)
    return { status: 202, headers: { 'x-amzn-requestid': requestId }, body: '' }
  }
  if (type !== 'RequestResponse') {
    throw new AwsError(
      'InvalidParameterValueException',
      `InvocationType must be RequestResponse, Event or DryRun, not ${type}.`,
    )
  }
  return await invokeAndWait(deps, pool, payload, requestId)
}

async function invokeAndWait(
  deps: LambdaApiDeps,
  pool: FunctionPool,
  payload: string,
  requestId: string,
): Promise<AwsAnswer> {
  try {
    const result = await pool.invoke(payload, requestId)
    return {
      status: 200,
      headers: {
        'content-type': 'application/json',
        'x-amzn-requestid': requestId,
        'x-amz-executed-version': '$LATEST',
        ...(result.functionError && { 'x-amz-function-error': result.functionError }),
      },
      body: result.payload,
    }
  } catch (error) {
    if (error instanceof InvocationCutOffError) throw new AwsError('ServiceException', error.message, 500)
    if (!(error instanceof FunctionThrottledError)) throw error
    const reason = deps.throttleReason(pool.configuration.name)
    throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, { Reason: reason })
  }
}

function payloadOf(call: AwsCall, limit: number, type: string): string {
  if (call.body.length > limit) throw requestTooLarge(call.body.length, type, limit)
  const payload = call.body.length === 0 ? '{}' : call.body.toString()
  try {
    JSON.parse(payload)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${why}`)
  }
  return payload
}

export function requestTooLarge(bytes: number, type = 'RequestResponse', limit = MAX_REQUEST_BYTES): AwsError {
  return new AwsError(
    'RequestEntityTooLargeException',
    `${bytes} byte payload is too large for the ${type} invocation type (limit ${limit} bytes)`,
    413,
  )
}

function notImplemented(what: string): AwsError {
  return new AwsError('InvalidParameterValueException', `The local cloud does not implement ${what}: leave it out.`)
}

function getFunction(pool: FunctionPool): AwsAnswer {
  const { reservedConcurrency } = pool.configuration
  return jsonAnswer(200, {
    Configuration: describeFunction(pool),
    ...(reservedConcurrency !== undefined && { Concurrency: { ReservedConcurrentExecutions: reservedConcurrency } }),
  })
}

function describeFunction({ configuration, functionArn }: FunctionPool): Record<string, unknown> {
  return {
    FunctionName: configuration.name,
    FunctionArn: functionArn,
    Runtime: configuration.runtime,
    Role: configuration.roleArn,
    Handler: configuration.handler,
    Timeout: configuration.timeoutMs / 1000,
    MemorySize: configuration.memorySizeMb,
    Version: '$LATEST',
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
    Architectures: [configuration.architecture],
    Environment: { Variables: configuration.variables },
    LoggingConfig: { LogFormat: configuration.logging.format, LogGroup: configuration.logGroup },
  }
}

function jsonAnswer(status: number, body: unknown): AwsAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

function header(call: AwsCall, name: string): string | undefined {
  const value = call.headers[name]
  return Array.isArray(value) ? value[0] : value
}
