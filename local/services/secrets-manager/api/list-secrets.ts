import type { Secret } from '../secret-store.ts'
import { validationError } from './errors.ts'
import { nextPage } from './pages.ts'
import { dropDeleted, type Input, type Operation, optionalFlag, optionalText, optionalTextList } from './request.ts'
import { summary } from './secret-operations.ts'

const FILTER_KEYS = ['all', 'name', 'tag-key', 'description', 'tag-value', 'primary-region', 'owning-service']
const TIMES: Readonly<Record<string, (secret: Secret) => number | string>> = {
  'created-date': ({ createdMs }) => createdMs,
  'last-changed-date': ({ changedMs }) => changedMs,
  name: ({ name }) => name,
}

export const listSecrets: Operation = {
  members: ['IncludePlannedDeletion', 'MaxResults', 'NextToken', 'Filters', 'SortOrder', 'SortBy'],
  resourceArn: () => '*',
  run(input, { store, clock }) {
    dropDeleted(store, clock.now())
    const planned = optionalFlag(input, 'IncludePlannedDeletion')
    const filters = readFilters(input)
    const found = store
      .all()
      .filter(({ deletion }) => planned || deletion === undefined)
      .filter((secret) => filters.every((matches) => matches(secret)))
    const { page, nextToken } = nextPage(inOrder(found, input), input)
    return {
      SecretList: page.map((secret) => ({
        ...summary(secret),
        SecretVersionsToStages: Object.fromEntries(
          secret.versions.filter(({ stages }) => stages.length > 0).map(({ id, stages }) => [id, stages]),
        ),
      })),
      NextToken: nextToken,
    }
  },
}

function inOrder(secrets: readonly Secret[], input: Input): Secret[] {
  const [by, order] = [optionalText(input, 'SortBy') ?? 'created-date', optionalText(input, 'SortOrder') ?? 'asc']
  const keyOf = Object.hasOwn(TIMES, by) ? TIMES[by] : undefined
  if (keyOf === undefined) throw validationError(`The local cloud does not implement the SortBy ${by}.`)
  if (order !== 'asc' && order !== 'desc') throw validationError('SortOrder must be asc or desc.')
  const sign = order === 'asc' ? 1 : -1
  return [...secrets].sort((one, other) => {
    const [left, right] = [keyOf(one), keyOf(other)]
    if (left === right) return 0
    return left < right ? -sign : sign
  })
}

type Filter = (secret: Secret) => boolean

function readFilters(input: Input): readonly Filter[] {
  const filters = input['Filters'] ?? []
  if (!Array.isArray(filters)) throw validationError('Filters must be a list.')
  return (filters as readonly unknown[]).map((given, index) => {
    const filter = (given ?? {}) as Input
    const key = optionalText(filter, 'Key') ?? ''
    const values = optionalTextList(filter, 'Values') ?? []
    if (!FILTER_KEYS.includes(key)) {
      throw validationError(
        `1 validation error detected: Value '${key}' at 'filters.${index + 1}.member.key' failed to satisfy ` +
          `constraint: Member must satisfy enum value set: [${FILTER_KEYS.join(', ')}]`,
      )
    }
    if (values.length === 0) throw validationError('Invalid filter values for key: it needs at least one value.')
    return (secret) => values.some((value) => matchesValue(secret, key, value))
  })
}

/** A value matches the beginning of an attribute. Behind an exclamation mark, it matches everything else. */
function matchesValue(secret: Secret, key: string, value: string): boolean {
  if (key === 'all') return matchesWords(secret, value)
  if (value.startsWith('!')) return !matchesValue(secret, key, value.slice(1))
  // Only the description is compared without regard to capitals.
  if (key === 'description') return (secret.description ?? '').toLowerCase().startsWith(value.toLowerCase())
  return attributesOf(secret, key).some((attribute) => attribute.startsWith(value))
}

function matchesWords(secret: Secret, value: string): boolean {
  const texts = FILTER_KEYS.filter((key) => key !== 'all')
    .flatMap((key) => attributesOf(secret, key))
    .map((text) => text.toLowerCase())
  const words = value.toLowerCase().split(/[\s/_+=.@!-]+/)
  return words.every((word) => texts.some((text) => text.includes(word)))
}

function attributesOf({ name, description, tags = [] }: Secret, key: string): readonly string[] {
  switch (key) {
    case 'name':
      return [name]
    case 'description':
      return description === undefined ? [] : [description]
    case 'tag-key':
      return tags.map((tag) => tag.Key)
    case 'tag-value':
      return tags.map((tag) => tag.Value)
    default:
      // No secret here is a replica, or belongs to a service.
      return []
  }
}
