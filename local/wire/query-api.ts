import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ownValue } from '../named-values.ts'
import { AwsError, type AwsAnswer, type AwsApi, type AwsCall } from './call.ts'
import { readCredential } from './credential.ts'

/** The fields of a form, by name, like `StackName` and `StackStatusFilter.member.1`. */
export type QueryFields = ReadonlyMap<string, string>

export interface QueryOperation {
  /** The ARN of the resource that the caller must be allowed to use. Absent: everybody may make the call. */
  readonly resourceArn?: (fields: QueryFields) => string
  /** Returns the content of the result as XML. */
  readonly run: (fields: QueryFields, call: AwsCall) => string
}

export interface QueryService {
  /** The name in IAM and in signatures. */
  readonly service: string
  readonly namespace: string
  readonly operations: Readonly<Record<string, QueryOperation>>
}

/** The operation of a call before its body is read: only the body names the action. */
const QUERY_OPERATION = 'Query'

/** Makes the API of a service that speaks AWS's Query protocol: form fields in, XML out. */
export function createQueryApi({ service, namespace, operations }: QueryService): AwsApi {
  const find = (name: string): QueryOperation => {
    const operation = ownValue(operations, name)
    if (operation !== undefined) return operation
    throw new AwsError(
      'UnknownOperationException',
      `${service}:${name} is not available locally: the local cloud does not implement the operation.`,
    )
  }
  return {
    service,
    match({ method, headers }) {
      return method === 'POST' && isForm(headers) && readCredential(headers)?.service === service
        ? QUERY_OPERATION
        : undefined
    },
    authorizations({ body }) {
      const { action, fields } = readForm(body)
      const { resourceArn } = find(action)
      return resourceArn === undefined ? [] : [{ action: `${service}:${action}`, resourceArn: resourceArn(fields) }]
    },
    async handle(call) {
      const { action, fields } = readForm(call.body)
      const result = find(action).run(fields, call)
      const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`
      const root = `${action}Response`
      return xmlAnswer(
        200,
        `<${root} xmlns="${namespace}"><${action}Result>${result}</${action}Result>${metadata}</${root}>`,
      )
    },
    renderError: ({ status, code, message }) => {
      const type = status < 500 ? 'Sender' : 'Receiver'
      const error = `<Error>${xmlElement('Type', type)}${xmlElement('Code', code)}${xmlElement('Message', message)}</Error>`
      const id = xmlElement('RequestId', randomUUID())
      return xmlAnswer(status, `<ErrorResponse xmlns="${namespace}">${error}${id}</ErrorResponse>`)
    },
  }
}

export function isForm(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
}

/** Writes an element with a text in it; nothing without a text. */
export function xmlElement(name: string, text: string | number | undefined): string {
  if (text === undefined) return ''
  const escaped = String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return `<${name}>${escaped}</${name}>`
}

/** Writes a list as the protocol does, with a `member` for each entry. */
export function xmlList(name: string, members: readonly string[]): string {
  return `<${name}>${members.map((member) => `<member>${member}</member>`).join('')}</${name}>`
}

/** Reads a list of a form: `Name.member.1`, `Name.member.2`, … */
export function readMembers(fields: QueryFields, name: string): string[] {
  const members: string[] = []
  for (let index = 1; fields.has(`${name}.member.${index}`); index++)
    members.push(fields.get(`${name}.member.${index}`)!)
  return members
}

function readForm(body: Buffer): { readonly action: string; readonly fields: QueryFields } {
  const fields = new Map(new URLSearchParams(body.toString()))
  const action = fields.get('Action')
  if (action === undefined) throw new AwsError('MissingAction', 'The request must contain the parameter Action.')
  return { action, fields }
}

function xmlAnswer(status: number, body: string): AwsAnswer {
  return { status, headers: { 'content-type': 'text/xml' }, body }
}
