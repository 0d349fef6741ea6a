import { createHash } from 'node:crypto'
import { ALLOWED_CHARACTERS, findForbiddenCharacter } from './characters.ts'
import { invalidParameter } from './errors.ts'
import { MAX_MESSAGE_ATTRIBUTES } from '../limits.ts'
import type { MessageAttribute, MessageAttributes } from '../message.ts'
import type { Fields } from './request-fields.ts'
import { optionalObject, optionalText } from './request-fields.ts'

/** AWS's documents name only letters of ASCII, but it takes those of other alphabets too. */
const NAME = /^(?!\.)(?!.*\.\.)(?!(?:aws|amazon)\.)[\p{L}\p{N}_.-]{1,256}(?<!\.)$/iu
const TYPE = /^(String|Number|Binary)(\..{1,249})?$/s

/** Reads and checks the attributes of a message to send. */
export function readMessageAttributes(fields: Fields): MessageAttributes | undefined {
  const entries = Object.entries(optionalObject(fields, 'MessageAttributes') ?? {})
  if (entries.length === 0) return undefined
  if (entries.length > MAX_MESSAGE_ATTRIBUTES) {
    throw invalidParameter(`Number of message attributes [${entries.length}] exceeds the allowed maximum [10].`)
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, readAttribute(name, value)]))
}

function readAttribute(name: string, value: unknown): MessageAttribute {
  if (!NAME.test(name)) {
    throw invalidParameter(
      `Message (user) attribute name '${name}' is not valid: 1 to 256 letters, digits, _ - . and not starting with ` +
        `AWS. or Amazon. nor starting or ending with a period.`,
    )
  }
  const attribute = optionalObject({ [name]: value }, name) ?? {}
  const type = optionalText(attribute, 'DataType')
  const stringValue = optionalText(attribute, 'StringValue')
  const binaryValue = optionalText(attribute, 'BinaryValue')
  if (type === undefined || type === '') {
    throw invalidParameter(`The message attribute '${name}' must contain a non-empty message attribute type.`)
  }
  if (!TYPE.test(type)) {
    throw invalidParameter(
      `The type of message attribute '${name}' is invalid: it begins with String, Number or Binary.`,
    )
  }
  const wanted = type.startsWith('Binary') ? binaryValue : stringValue
  if (wanted === undefined || wanted === '') {
    throw invalidParameter(`Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`)
  }
  const forbidden = type.startsWith('Binary') ? undefined : findForbiddenCharacter(wanted)
  if (forbidden !== undefined) {
    throw invalidParameter(
      `Invalid binary character '${forbidden}' was found in the message attribute '${name}' value, ${ALLOWED_CHARACTERS}`,
    )
  }
  if (type.startsWith('Number') && !Number.isFinite(Number(wanted))) {
    throw invalidParameter(`Can't cast the value of message attribute '${name}' to a number.`)
  }
  return type.startsWith('Binary') ? { DataType: type, BinaryValue: wanted } : { DataType: type, StringValue: wanted }
}

/** Returns the bytes that the attributes add to a message's size. */
export function attributesSize(attributes: MessageAttributes | undefined): number {
  let bytes = 0
  for (const [name, attribute] of Object.entries(attributes ?? {})) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType) + valueOf(attribute).length
  }
  return bytes
}

/** Selects the attributes that a receive asked for: by name, by `prefix.*`, or all of them by `All`, `*` or `.*`. */
export function selectAttributes(
  attributes: MessageAttributes | undefined,
  wanted: readonly string[],
): MessageAttributes | undefined {
  if (attributes === undefined || wanted.length === 0) return undefined
  if (['All', '*', '.*'].some((all) => wanted.includes(all))) return attributes
  const selected = Object.entries(attributes).filter(([name]) =>
    wanted.some((pattern) => pattern === name || (pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -2)))),
  )
  return selected.length === 0 ? undefined : Object.fromEntries(selected)
}

/**
 * Returns the digest that SDKs check: each name, type and value with its length before it, in the order of the names.
 */
export function attributesMd5(attributes: MessageAttributes): string {
  const hash = createHash('md5')
  const add = (bytes: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hash.update(length).update(bytes)
  }
  for (const name of Object.keys(attributes).sort()) {
    const attribute = attributes[name]!
    add(Buffer.from(name))
    add(Buffer.from(attribute.DataType))
    hash.update(Buffer.from([attribute.BinaryValue === undefined ? 1 : 2]))
    add(valueOf(attribute))
  }
  return hash.digest('hex')
}

function valueOf({ StringValue, BinaryValue }: MessageAttribute): Buffer {
  return BinaryValue === undefined ? Buffer.from(StringValue ?? '') : Buffer.from(BinaryValue, 'base64')
}
