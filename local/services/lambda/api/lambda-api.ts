import { randomUUID } from 'node:crypto'
import { ownValue } from '../../../named-values.ts'
import { FunctionThrottledError, InvocationCutOffError } from '../../function-invoker.ts'
import { AwsError } from '../../../wire/call.ts'
import type { AwsAnswer, AwsApi, AwsCall } from '../../../wire/call.ts'
import { describeFunction, describeFunctionWithCode } from './describe-function.ts'
import { MAX_REQUEST_BYTES } from '../runtime/error-payloads.ts'
import type { EventInvocations } from '../events/event-invocations.ts'
import type { FunctionPool } from '../functions/function-pool.ts'
import { lambdaOperation, lambdaResource } from './lambda-operations.ts'

/** An event source mapping, as its description shows it. */
export interface MappingDescription {
  readonly UUID: string
  readonly EventSourceArn: string
  readonly FunctionArn: string
  readonly [member: string]: unknown
}

export interface LambdaApiDeps {
  readonly functions: () => Iterable<FunctionPool>
  /** Finds a function by name or ARN. Throws `ResourceNotFoundException`. */
  readonly find: (nameOrArn: string) => FunctionPool
  readonly throttleReason: (functionName: string) => string
  readonly events: EventInvocations
  readonly mappings: () => readonly MappingDescription[]
}

/** 1 MB since October 2025. */
const MAX_EVENT_BYTES = 1024 * 1024
const MAX_PAGE = 10_000

interface LambdaOperation {
  readonly action: string
  readonly resourceArn: (call: AwsCall, deps: LambdaApiDeps) => string
  readonly run: (call: AwsCall, deps: LambdaApiDeps) => AwsAnswer | Promise<AwsAnswer>
}

/** The characters of a name, and of an ARN with or without a version. */
const NAME_OR_ARN = /^[\w:$-]{1,170}$/

const named = ({ path }: AwsCall, { find }: LambdaApiDeps): FunctionPool => {
  const name = lambdaResource(path)
  if (NAME_OR_ARN.test(name)) return find(name)
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: ` +
      'Member must be the name or the ARN of a function',
  )
}
const arnOfFunction = (call: AwsCall, deps: LambdaApiDeps): string => named(call, deps).functionArn
const everything = (): string => '*'

const OPERATIONS: Readonly<Record<string, LambdaOperation>> = {
  ListFunctions: {
    action: 'lambda:ListFunctions',
    resourceArn: everything,
    run: ({ query }, { functions }) =>
      page(query, 'Functions', [...functions()].map(describeFunction), ({ FunctionName: name }) => String(name)),
  },
  GetFunction: {
    action: 'lambda:GetFunction',
    resourceArn: arnOfFunction,
    run: (call, deps) => jsonAnswer(200, describeFunctionWithCode(named(call, deps))),
  },
  GetFunctionConfiguration: {
    action: 'lambda:GetFunctionConfiguration',
    resourceArn: arnOfFunction,
    run: (call, deps) => jsonAnswer(200, describeFunction(named(call, deps))),
  },
  Invoke: {
    action: 'lambda:InvokeFunction',
    resourceArn: arnOfFunction,
    run: (call, deps) => invokeFunction(deps, call),
  },
  ListEventSourceMappings: {
    action: 'lambda:ListEventSourceMappings',
    resourceArn: everything,
    run: ({ query }, deps) => page(query, 'EventSourceMappings', selectMappings(query, deps), ({ UUID: id }) => id),
  },
  GetEventSourceMapping: {
    action: 'lambda:GetEventSourceMapping',
    resourceArn: (call, deps) => String(findMapping(call, deps)['EventSourceMappingArn']),
    run: (call, deps) => jsonAnswer(200, findMapping(call, deps)),
  },
}

/** The REST API of Lambda, as far as the local cloud has it. */
export function createLambdaApi(deps: LambdaApiDeps): AwsApi {
  return {
    service: 'lambda',
    match: lambdaOperation,
    authorizations(call) {
      const { action, resourceArn } = operationOf(call)
      return [{ action, resourceArn: resourceArn(call, deps) }]
    },
    handle: async (call) => operationOf(call).run(call, deps),
    renderError: (error) => ({
      status: error.status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
      body: JSON.stringify({ Type: error.status < 500 ? 'User' : 'Service', message: error.message, ...error.details }),
    }),
  }
}

function operationOf({ operation }: AwsCall): LambdaOperation {
  const found = ownValue(OPERATIONS, operation)
  if (found !== undefined) return found
  throw new AwsError('UnknownOperationException', `The local cloud does not implement ${operation} of Lambda.`)
}

function selectMappings(query: URLSearchParams, { mappings, find }: LambdaApiDeps): MappingDescription[] {
  const functionName = query.get('FunctionName')
  const source = query.get('EventSourceArn')
  const functionArn = functionName === null ? undefined : find(functionName).functionArn
  return mappings().filter(
    (mapping) =>
      (functionArn === undefined || mapping.FunctionArn === functionArn) &&
      (source === null || mapping.EventSourceArn === source),
  )
}

function findMapping({ path }: AwsCall, { mappings }: LambdaApiDeps): MappingDescription {
  const mapping = mappings().find(({ UUID: id }) => id === lambdaResource(path))
  if (mapping !== undefined) return mapping
  throw new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', 404)
}

/** Answers one page of a list. The marker is the name of the last entry of the page before. */
function page<Entry>(
  query: URLSearchParams,
  member: string,
  entries: readonly Entry[],
  name: (entry: Entry) => string,
): AwsAnswer {
  const limit = Number(query.get('MaxItems') ?? MAX_PAGE)
  if (!Number.isInteger(limit) || limit < 1) {
    throw new AwsError('InvalidParameterValueException', `MaxItems must be a number from 1 to ${MAX_PAGE}.`)
  }
  const marker = query.get('Marker') || undefined
  const start = marker === undefined ? 0 : entries.findIndex((entry) => name(entry) === marker) + 1
  if (marker !== undefined && start === 0) {
    throw new AwsError('InvalidParameterValueException', `Invalid marker: ${marker}.`)
  }
  const listed = entries.slice(start, start + limit)
  const more = start + listed.length < entries.length
  return jsonAnswer(200, { [member]: listed, ...(more && { NextMarker: name(listed.at(-1)!) }) })
}

async function invokeFunction(deps: LambdaApiDeps, call: AwsCall): Promise<AwsAnswer> {
  const pool = named(call, deps)
  const type = header(call, 'x-amz-invocation-type') ?? 'RequestResponse'
  for (const unsupported of ['x-amz-client-context', 'x-amz-durable-execution-name', 'x-amz-tenant-id']) {
    if (header(call, unsupported) !== undefined) throw notImplemented(`the header ${unsupported}`)
  }
  const logType = header(call, 'x-amz-log-type') ?? 'None'
  if (logType !== 'None' && logType !== 'Tail') {
    throw new AwsError('InvalidParameterValueException', `LogType must be None or Tail, not ${logType}.`)
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
  return await invokeAndWait(deps, pool, { payload, requestId, wantsLog: logType === 'Tail' })
}

async function invokeAndWait(
  deps: LambdaApiDeps,
  pool: FunctionPool,
  { payload, requestId, wantsLog }: { payload: string; requestId: string; wantsLog: boolean },
): Promise<AwsAnswer> {
  try {
    const { payload: body, functionError, logTail = '' } = await pool.invoke(payload, requestId)
    return {
      status: 200,
      headers: {
        'content-type': 'application/json',
        'x-amzn-requestid': requestId,
        'x-amz-executed-version': '$LATEST',
        ...(functionError && { 'x-amz-function-error': functionError }),
        ...(wantsLog && { 'x-amz-log-result': Buffer.from(logTail).toString('base64') }),
      },
      body,
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

function jsonAnswer(status: number, body: unknown): AwsAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

function header(call: AwsCall, name: string): string | undefined {
  const value = call.headers[name]
  return Array.isArray(value) ? value[0] : value
}
