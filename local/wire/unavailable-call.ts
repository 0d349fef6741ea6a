import type { IncomingHttpHeaders } from 'node:http'
import { ownValue } from '../named-values.ts'
import { AwsError, type AwsAnswer } from './call.ts'
import { readCredential } from './credential.ts'
import { renderJsonError } from './json-error.ts'
import { isForm, xmlElement } from './query-api.ts'
import { restOperation } from './rest-operations.ts'

/** A resource that nothing runs behind. */
export interface StandIn {
  readonly stackName: string
  readonly logicalId: string
  readonly type: string
  /** True if the local cloud does not know the type at all, so that the app may need it. */
  readonly unknown: boolean
  /** Says why it does not run, if the type alone does not. */
  readonly reason?: string
  readonly ref: string
}

/** An AWS call that no service takes. */
export interface UnavailableCall {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** The names of services that differ from their names in signatures. */
const SERVICE_NAMES: Readonly<Record<string, string>> = { monitoring: 'cloudwatch', email: 'ses' }

/** Services whose types have another name. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  acm: 'certificatemanager',
  states: 'stepfunctions',
  'cognito-idp': 'cognito',
  firehose: 'kinesisfirehose',
  kafka: 'msk',
  es: 'opensearchservice',
  elasticfilesystem: 'efs',
  elasticloadbalancing: 'elasticloadbalancingv2',
}

/** Refuses a call by the names of its service and operation and of the stand-in, in the caller's protocol. */
export function refuseUnavailableCall(call: UnavailableCall, standIns: readonly StandIn[]): AwsAnswer {
  const { headers, path, method } = call
  const service = serviceName(call)
  const action = operationName(call, service)
  const standIn = findStandIn(call, service, standIns)
  if (service === undefined && action === undefined) {
    return renderJsonError(new AwsError('UnknownRoute', `The local cloud serves nothing at ${method} ${path}.`, 404))
  }
  const what = action ?? `${method} ${path}`
  const named = service === undefined ? what : `${service}:${what}`
  const because =
    standIn === undefined
      ? `the local cloud does not implement ${service === undefined || action !== undefined ? 'the operation' : service}`
      : `${standIn.logicalId} of the stack ${standIn.stackName} (${standIn.type}) is a stand-in` +
        (standIn.reason === undefined ? ', with nothing behind it' : `: ${standIn.reason}`)
  const error = new AwsError('UnknownOperationException', `${named} is not available locally: ${because}.`)
  return render(error, headers, service)
}

function serviceName({ headers, query }: UnavailableCall): string | undefined {
  const signed = readCredential(headers, query)?.service
  return signed === undefined ? undefined : (ownValue(SERVICE_NAMES, signed) ?? signed)
}

function operationName(
  { method, headers, path, body }: UnavailableCall,
  service: string | undefined,
): string | undefined {
  const target = headers['x-amz-target']
  if (typeof target === 'string') return service === undefined ? target : target.slice(target.lastIndexOf('.') + 1)
  const rpc = /^\/service\/[^/]+\/operation\/([^/]+)$/.exec(path)?.[1]
  if (rpc !== undefined) return rpc
  if (isForm(headers)) return new URLSearchParams(body.toString()).get('Action') ?? undefined
  return restOperation(service, method, path)
}

/** Finds the stand-in that the call names, or the only one of its service. */
function findStandIn(
  { headers, path, body }: UnavailableCall,
  service: string | undefined,
  standIns: readonly StandIn[],
): StandIn | undefined {
  const text = isForm(headers) ? decodeForm(body) : `${path} ${body.toString()}`
  const typeName = (ownValue(TYPE_NAMES, service ?? '') ?? service)?.replaceAll('-', '')
  const ofService = standIns.filter(({ type }) => type.split('::')[1]?.toLowerCase() === typeName)
  return ofService.find(({ ref }) => text.includes(ref)) ?? ofService[0]
}

function decodeForm(body: Buffer): string {
  return [...new URLSearchParams(body.toString()).values()].join(' ')
}

function render(error: AwsError, headers: IncomingHttpHeaders, service: string | undefined): AwsAnswer {
  if (headers['smithy-protocol'] === 'rpc-v2-cbor') return cborError(error)
  return isForm(headers) && headers['x-amz-target'] === undefined ? queryError(error, service) : renderJsonError(error)
}

/** The dialect of AWS's Query protocol. EC2 has one of its own. */
function queryError({ status, code, message }: AwsError, service: string | undefined): AwsAnswer {
  const error = `<Error><Type>Sender</Type>${xmlElement('Code', code)}${xmlElement('Message', message)}</Error>`
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body:
      service === 'ec2' ? `<Response><Errors>${error}</Errors></Response>` : `<ErrorResponse>${error}</ErrorResponse>`,
  }
}

/** The dialect of Smithy's RPC v2, in which newer SDKs call CloudWatch. */
function cborError({ status, code, message }: AwsError): AwsAnswer {
  const entries = [cborText('__type'), cborText(code), cborText('message'), cborText(message)]
  return {
    status,
    headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
    body: Buffer.concat([Buffer.from([0xa2]), ...entries]),
  }
}

function cborText(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([0x79, bytes.length >> 8, bytes.length & 0xff]), bytes])
}
