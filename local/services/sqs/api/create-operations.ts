import { AwsError } from '../../../wire/call.ts'
import { readNewSettings, SETTING_NAMES, writeSettings } from '../queue-settings.ts'
import { FIFO_NAMES, type FifoSettings, readFifoSettings } from '../fifo/fifo-settings.ts'
import { requireDeadLetterTarget } from '../redrive-policy.ts'
import { invalidParameter } from './errors.ts'
import type { OperationAnswer, OperationRequest } from './operation.ts'
import { findQueue } from './queue-lookup.ts'
import { type Fields, optionalObject, optionalText, requiredText } from './request-fields.ts'
import { checkTags, readTags } from './tag-operations.ts'

/** Makes a queue. The same call again returns the same queue; one with other attributes is refused. */
export function createQueue({ fields, directory }: OperationRequest): OperationAnswer {
  const name = requiredText(fields, 'QueueName')
  const attributes = readAttributes(fields)
  checkNameAndType(name, attributes)
  const settings = readNewSettings(attributes)
  const present = directory.byName(name)
  if (present !== undefined) {
    const [own, wanted] = [writeSettings(present.settings), writeSettings(settings)]
    const different = Object.keys(attributes).find((attribute) => own[attribute] !== wanted[attribute])
    if (different === undefined) return { output: { QueueUrl: present.url } }
    throw new AwsError(
      'QueueNameExists',
      `A queue already exists with the same name and a different value for attribute ${different}`,
    )
  }
  const ownArn = `arn:aws:sqs:${directory.region}:${directory.accountId}:${name}`
  requireDeadLetterTarget({ redrive: settings.redrive, ownArn }, (arn) => directory.byArn(arn) !== undefined)
  const tags = readTagsOfCreate(fields)
  checkTags(tags)
  return { output: { QueueUrl: directory.create(name, { settings, tags }).url } }
}

export function deleteQueue(request: OperationRequest): OperationAnswer {
  request.directory.remove(findQueue(request))
  return { output: {} }
}

/** Tags are a map named `tags` in JSON, and `Tag.1.Key` in a form, which the reader of forms calls `Tags`. */
export function readTagsOfCreate(fields: Fields): Readonly<Record<string, string>> {
  return readTags(fields, 'tags') ?? readTags(fields, 'Tags') ?? {}
}

/** Reads the attributes of CreateQueue or SetQueueAttributes. Throws for one that cannot be set here. */
export function readAttributes(fields: Fields): Fields {
  const given = optionalObject(fields, 'Attributes') ?? {}
  const attributes: Record<string, string> = {}
  for (const name of Object.keys(given)) {
    const value = optionalText(given, name)
    if (!SETTING_NAMES.includes(name) && !FIFO_NAMES.includes(name)) {
      throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}: the local cloud cannot set it.`)
    }
    if (value !== undefined) attributes[name] = value
  }
  return attributes
}

/** Reads what is to change of a FIFO queue. Throws for settings that the type of the queue does not have. */
export function readFifoOfSet(attributes: Fields, present: FifoSettings | undefined): FifoSettings | undefined {
  const given = FIFO_NAMES.find((name) => attributes[name] !== undefined)
  if (given === undefined) return present
  if (present === undefined) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${given}.`)
  if ((attributes['FifoQueue'] ?? 'true') !== 'true') {
    const message = 'Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.'
    throw new AwsError('InvalidAttributeValue', message)
  }
  return readFifoSettings(attributes, present)
}

/** Throws for a name or for settings that the type of the queue does not have. */
function checkNameAndType(name: string, attributes: Fields): void {
  const isFifo = attributes['FifoQueue'] === 'true'
  if (isFifo && !/^[\w-]{1,75}\.fifo$/.test(name)) {
    throw invalidParameter(
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, ' +
        'must end with .fifo suffix and be 1 to 80 in length.',
    )
  }
  if (isFifo) return
  if (!/^[\w-]{1,80}$/.test(name)) {
    throw invalidParameter('Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length')
  }
  readFifoOfSet(attributes, undefined)
}
