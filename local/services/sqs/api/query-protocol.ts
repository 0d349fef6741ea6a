import { namedValues, ownValue } from '../../../named-values.ts'
import type { AwsAnswer, AwsCall, AwsError, AwsRequestHead } from '../../../wire/call.ts'
import { readCredential } from '../../../wire/credential.ts'
import { errorOrigin, queryCodeOf } from './errors.ts'
import type { Fields } from './request-fields.ts'

/**
 * The protocol that SQS used before November 2023 and still supports: form fields in, XML out. Debian's `awscli` knows
 * no other. This file translates in both directions, and knows nothing of the operations.
 */
export interface QueryRequest {
  readonly operation: string
  readonly fields: Fields
}

/** The operation of a call in this protocol before its body is read: only the body names the action. */
export const QUERY_OPERATION = 'Query'

const XML_NAMESPACE = 'http://queue.amazonaws.com/doc/2012-11-05/'

/** The names of lists and maps in the form and in XML (`Name.1`, `<Name>`), and in the JSON that operations read. */
const LISTS_IN: Readonly<Record<string, string>> = {
  AttributeName: 'AttributeNames',
  MessageAttributeName: 'MessageAttributeNames',
  MessageSystemAttributeName: 'MessageSystemAttributeNames',
  TagKey: 'TagKeys',
}
/** An empty list comes as one field without a value, under either of its names. */
const EMPTY_LISTS_IN: Readonly<Record<string, string>> = {
  ...LISTS_IN,
  ...Object.fromEntries([...Object.values(LISTS_IN), 'Entries'].map((name) => [name, name])),
}
const MAPS_IN: Readonly<Record<string, string>> = {
  Attribute: 'Attributes',
  MessageAttribute: 'MessageAttributes',
  MessageSystemAttribute: 'MessageSystemAttributes',
  Tag: 'Tags',
}
const LISTS_OUT: Readonly<Record<string, string>> = {
  Messages: 'Message',
  QueueUrls: 'QueueUrl',
  queueUrls: 'QueueUrl',
}
const MAPS_OUT: Readonly<Record<string, string>> = {
  Attributes: 'Attribute',
  MessageAttributes: 'MessageAttribute',
  Tags: 'Tag',
}
const NUMBERS = new Set([
  'DelaySeconds',
  'VisibilityTimeout',
  'WaitTimeSeconds',
  'MaxNumberOfMessages',
  'MaxNumberOfMessagesPerSecond',
  'MaxResults',
])
const QUEUE_PATH = /^\/\d{12}\/[\w.-]+$/

/** This protocol still has the text of its first days. */
const OLD_MISSING_QUEUE = 'The specified queue does not exist for this wsdl version.'

type QueryCall = Pick<AwsCall, 'method' | 'path' | 'query' | 'body'>

/** True for a form in the body, and for a `GET` whose query is the form. */
export function speaksQuery({ method, headers, query }: AwsRequestHead): boolean {
  if (readCredential(headers, query)?.service !== 'sqs') return false
  if (method === 'GET') return query.has('Action')
  return method === 'POST' && headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
}

/** Reads the form. A request to the address of a queue is about that queue, unless the form names another. */
export function readQueryRequest({ method, path, query, body }: QueryCall): QueryRequest {
  const form = method === 'GET' ? query : new URLSearchParams(body.toString('utf8'))
  const tree: Tree = new Map()
  if (QUEUE_PATH.test(path)) tree.set('QueueUrl', path)
  for (const [key, value] of form) {
    if (key !== 'Action' && key !== 'Version') plant(tree, key.split('.'), value)
  }
  return { operation: form.get('Action') ?? '', fields: fieldsOf(tree) }
}

export function renderQueryAnswer(operation: string, output: Fields, requestId: string): AwsAnswer {
  const result = renderMembers(output, operation)
  return xmlAnswer(
    200,
    `<${operation}Response xmlns="${XML_NAMESPACE}"><${operation}Result>${result}</${operation}Result>` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`,
  )
}

export function renderQueryError(error: AwsError, requestId: string): AwsAnswer {
  const message = error.code === 'QueueDoesNotExist' ? OLD_MISSING_QUEUE : error.message
  return xmlAnswer(
    error.status,
    `<ErrorResponse xmlns="${XML_NAMESPACE}"><Error><Type>${errorOrigin(error)}</Type><Code>${queryCodeOf(error)}</Code>` +
      `<Message>${escapeXml(message)}</Message><Detail/></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  )
}

type Tree = Map<string, Tree | string>

function plant(tree: Tree, path: readonly string[], value: string): void {
  const [name, ...rest] = path as [string, ...string[]]
  if (rest.length === 0) {
    tree.set(name, value)
    return
  }
  let branch = tree.get(name)
  if (!(branch instanceof Map)) tree.set(name, (branch = new Map()))
  plant(branch, rest, value)
}

function fieldsOf(tree: Tree): Fields {
  const fields = namedValues<unknown>()
  for (const [name, value] of tree) {
    const list = ownValue(LISTS_IN, name)
    const map = ownValue(MAPS_IN, name)
    const emptyList = value === '' ? ownValue(EMPTY_LISTS_IN, name) : undefined
    if (emptyList !== undefined) fields[emptyList] = []
    else if (typeof value === 'string') fields[name] = readScalar(name, value)
    else if (list !== undefined) fields[list] = inOrder(value)
    else if (map !== undefined) fields[map] = readMap(value)
    else if (name.endsWith('RequestEntry')) fields['Entries'] = inOrder(value).map(readStructure)
    else fields[name] = readStructure(value)
  }
  return fields
}

function readScalar(name: string, value: string): string | number {
  return NUMBERS.has(name) && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value
}

function readStructure(value: Tree | string): unknown {
  return typeof value === 'string' ? value : fieldsOf(value)
}

function readMap(tree: Tree): Fields {
  const map = namedValues<unknown>()
  for (const entry of inOrder(tree)) {
    if (!(entry instanceof Map)) continue
    // A tag has a key where an attribute has a name.
    const name = entry.get('Name') ?? entry.get('Key')
    if (typeof name === 'string') map[name] = readStructure(entry.get('Value') ?? '')
  }
  return map
}

function inOrder(tree: Tree): (Tree | string)[] {
  return [...tree].sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value)
}

function renderMembers(members: Fields, operation: string): string {
  let text = ''
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) continue
    if (Array.isArray(value)) {
      const element = LISTS_OUT[name] ?? (name === 'Failed' ? 'BatchResultErrorEntry' : `${operation}ResultEntry`)
      for (const item of value) text += renderElement(element, item, operation)
    } else if (MAPS_OUT[name] !== undefined) {
      for (const [key, item] of Object.entries(value as Fields)) {
        const named = name === 'Tags' ? { Key: key, Value: item } : { Name: key, Value: item }
        text += renderElement(MAPS_OUT[name], named, operation)
      }
    } else {
      text += renderElement(name, value, operation)
    }
  }
  return text
}

function renderElement(name: string, value: unknown, operation: string): string {
  const isStructure = typeof value === 'object' && value !== null
  const content = isStructure ? renderMembers(value as Fields, operation) : escapeXml(String(value))
  return `<${name}>${content}</${name}>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' }

/** A carriage return must be written as an entity: XML readers turn a plain one into a line feed. */
function escapeXml(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => ENTITIES[character]!)
}

function xmlAnswer(status: number, body: string): AwsAnswer {
  return { status, headers: { 'content-type': 'text/xml' }, body: `<?xml version="1.0"?>${body}` }
}
