import type { AwsAnswer, AwsCall } from '../wire/call.ts'
import { withInput } from '../wire/call.ts'

type Next = (instead: AwsCall) => Promise<AwsAnswer>
type Fields = Record<string, unknown>

/**
 * Makes a call for many, except for the entries at `places`, and answers as the service does when it throttles those:
 * each statement with its own error, each message under `Failed`, each key under `UnprocessedKeys`. Returns undefined
 * if the call is not for many.
 */
export function doPartly(call: AwsCall, places: ReadonlySet<number>, next: Next): Promise<AwsAnswer> | undefined {
  if (call.operation === 'BatchExecuteStatement') return executePartly(call, places, next)
  if (call.operation === 'SendMessageBatch') return sendPartly(call, places, next)
  if (call.operation === 'BatchGetItem') return getPartly(call, places, next)
  return undefined
}

async function executePartly(call: AwsCall, places: ReadonlySet<number>, next: Next): Promise<AwsAnswer> {
  const statements = listOrEmpty(call.input()['Statements'])
  const throttled = { Error: { Code: 'ThrottlingError', Message: 'Throughput exceeds the current capacity.' } }
  const made = statements.filter((_, place) => !places.has(place))
  if (made.length === 0) return jsonAnswer({ Responses: statements.map(() => throttled) })
  const answer = await next(withInput(call, { ...call.input(), Statements: made }))
  if (answer.status !== 200) return answer
  const responses = listOrEmpty(bodyFields(answer)['Responses'])
  return jsonAnswer({ Responses: statements.map((_, place) => (places.has(place) ? throttled : responses.shift())) })
}

async function sendPartly(call: AwsCall, places: ReadonlySet<number>, next: Next): Promise<AwsAnswer> {
  const entries = listOrEmpty(call.input()['Entries']) as { Id: string }[]
  const failed = entries
    .filter((_, place) => places.has(place))
    .map(({ Id }) => ({ Id, Code: 'InternalError', Message: 'Request throttled.', SenderFault: false }))
  const made = entries.filter((_, place) => !places.has(place))
  if (made.length === 0) return jsonAnswer({ Successful: [], Failed: failed })
  const answer = await next(withInput(call, { ...call.input(), Entries: made }))
  if (answer.status !== 200) return answer
  const { Successful, Failed } = bodyFields(answer)
  return jsonAnswer({ Successful, Failed: [...listOrEmpty(Failed), ...failed] })
}

async function getPartly(call: AwsCall, places: ReadonlySet<number>, next: Next): Promise<AwsAnswer> {
  const [table, request] = Object.entries((call.input()['RequestItems'] ?? {}) as Record<string, Fields>)[0]!
  const keys = listOrEmpty(request['Keys'])
  const left = { [table]: { ...request, Keys: keys.filter((_, place) => places.has(place)) } }
  const made = keys.filter((_, place) => !places.has(place))
  if (made.length === 0) return jsonAnswer({ Responses: { [table]: [] }, UnprocessedKeys: left })
  const answer = await next(withInput(call, { ...call.input(), RequestItems: { [table]: { ...request, Keys: made } } }))
  return answer.status === 200 ? jsonAnswer({ ...bodyFields(answer), UnprocessedKeys: left }) : answer
}

function listOrEmpty(value: unknown): unknown[] {
  return Array.isArray(value) ? [...(value as unknown[])] : []
}

function bodyFields(answer: AwsAnswer): Fields {
  return JSON.parse(answer.body.toString()) as Fields
}

function jsonAnswer(body: Fields): AwsAnswer {
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(body) }
}
