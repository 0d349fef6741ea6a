import { type AwsCall, AwsError } from '../../wire/call.ts'
import { decodePathPart } from '../../wire/decode-path-part.ts'
import { constraintError, validationError } from './expression.ts'
import { nextPage } from './pages.ts'
import { readScheduleName } from './schedule.ts'
import { DEFAULT_GROUP, type GroupTag, type ScheduleGroup } from './schedule-groups.ts'
import type { SchedulerApiDeps } from './scheduler-api-deps.ts'

type GroupOperation = (deps: SchedulerApiDeps, call: AwsCall) => object

const GROUP_PATH = /^\/schedule-groups\/([^/]+)$/
const TAGS_PATH = /^\/tags\/(.+)$/
const BY_METHOD: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  group: { POST: 'CreateScheduleGroup', GET: 'GetScheduleGroup', DELETE: 'DeleteScheduleGroup' },
  tags: { POST: 'TagResource', GET: 'ListTagsForResource', DELETE: 'UntagResource' },
}

/** Returns the operation of a path about groups or tags, or undefined for another path. */
export function groupOperationOf(method: string, path: string): string | undefined {
  if (path === '/schedule-groups' && method === 'GET') return 'ListScheduleGroups'
  if (GROUP_PATH.test(path)) return BY_METHOD['group']![method]
  return TAGS_PATH.test(path) ? BY_METHOD['tags']![method] : undefined
}

export const GROUP_OPERATIONS: Readonly<Record<string, GroupOperation>> = {
  CreateScheduleGroup: createGroup,
  GetScheduleGroup: (deps, call) => describeGroup(deps, requireGroup(deps, groupName(call))),
  ListScheduleGroups: listGroups,
  DeleteScheduleGroup: deleteGroup,
  TagResource: tagGroup,
  UntagResource: untagGroup,
  ListTagsForResource: (deps, call) => ({ Tags: taggedGroup(deps, call).tags }),
}

/** Returns the ARN that a call about groups or tags needs a permission for. */
export function groupResourceArn(deps: SchedulerApiDeps, call: AwsCall): string {
  if (call.operation === 'ListScheduleGroups') return '*'
  return GROUP_PATH.test(call.path) ? groupArn(deps, groupName(call)) : taggedArn(call)
}

export function requireGroup({ groups }: SchedulerApiDeps, name: string): ScheduleGroup {
  const group = groups.get(name)
  if (group !== undefined) return group
  throw new AwsError('ResourceNotFoundException', `Schedule group ${name} does not exist.`, 404)
}

function createGroup(deps: SchedulerApiDeps, call: AwsCall): object {
  const name = changeableName(call)
  const { ClientToken: clientToken, Tags: tags = [], ...others } = call.input()
  const strange = Object.keys(others)[0]
  if (strange !== undefined && strange !== 'Name') {
    throw validationError(`The local cloud does not implement ${strange} of a schedule group.`)
  }
  const present = deps.groups.get(name)
  if (present !== undefined) {
    // The answer to the first call was lost. The same call again is no conflict.
    if (present.clientToken !== undefined && present.clientToken === clientToken) {
      return { ScheduleGroupArn: groupArn(deps, name) }
    }
    throw new AwsError('ConflictException', `Schedule group ${name} already exists.`, 409)
  }
  const nowMs = deps.clock.now()
  deps.groups.put({
    name,
    tags: readTags(tags),
    createdMs: nowMs,
    modifiedMs: nowMs,
    ...(typeof clientToken === 'string' ? { clientToken } : {}),
  })
  return { ScheduleGroupArn: groupArn(deps, name) }
}

function deleteGroup(deps: SchedulerApiDeps, call: AwsCall): object {
  removeGroup(deps, requireGroup(deps, changeableName(call)).name)
  return {}
}

/** Removes a group with its schedules. */
export function removeGroup({ groups, store, engine }: SchedulerApiDeps, name: string): void {
  for (const schedule of store.all()) {
    if (schedule.group !== name) continue
    store.remove(schedule)
    engine.refresh(schedule)
  }
  const group = groups.get(name)
  if (group !== undefined) groups.remove(group)
}

function listGroups(deps: SchedulerApiDeps, { query }: AwsCall): object {
  const prefix = query.get('NamePrefix') ?? ''
  const found = deps.groups.all().filter(({ name }) => name.startsWith(prefix))
  const { page, nextToken } = nextPage(found, ({ name }) => name, query)
  return { ScheduleGroups: page.map((group) => describeGroup(deps, group)), NextToken: nextToken }
}

function tagGroup(deps: SchedulerApiDeps, call: AwsCall): object {
  const group = taggedGroup(deps, call)
  const given = readTags(call.input()['Tags'])
  const kept = group.tags.filter(({ Key }) => !given.some((tag) => tag.Key === Key))
  deps.groups.put({ ...group, tags: [...kept, ...given] })
  return {}
}

function untagGroup(deps: SchedulerApiDeps, call: AwsCall): object {
  const group = taggedGroup(deps, call)
  const keys = call.query.getAll('TagKeys')
  deps.groups.put({ ...group, tags: group.tags.filter(({ Key }) => !keys.includes(Key)) })
  return {}
}

function readTags(tags: unknown): readonly GroupTag[] {
  if (!Array.isArray(tags)) throw constraintError(undefined, 'tags', 'Member must not be null')
  return (tags as readonly unknown[]).map((tag, index) => {
    const { Key: key, Value: value } = (tag ?? {}) as Readonly<Record<string, unknown>>
    for (const [member, text] of Object.entries({ key, value })) {
      if (typeof text === 'string' && text !== '') continue
      throw constraintError(text, `tags.${index + 1}.member.${member}`, 'Member must not be null')
    }
    return { Key: key as string, Value: value as string }
  })
}

function describeGroup(deps: SchedulerApiDeps, { name, createdMs, modifiedMs }: ScheduleGroup): object {
  return {
    Arn: groupArn(deps, name),
    Name: name,
    State: 'ACTIVE',
    CreationDate: createdMs / 1_000,
    LastModificationDate: modifiedMs / 1_000,
  }
}

function groupName(call: AwsCall): string {
  return readScheduleName(decodePathPart(GROUP_PATH.exec(call.path)?.[1] ?? ''))
}

function changeableName(call: AwsCall): string {
  const name = groupName(call)
  if (name !== DEFAULT_GROUP) return name
  throw validationError(`This operation cannot be performed on schedule group ${DEFAULT_GROUP}.`)
}

function taggedArn({ path }: AwsCall): string {
  return decodePathPart(TAGS_PATH.exec(path)?.[1] ?? '')
}

function taggedGroup(deps: SchedulerApiDeps, call: AwsCall): ScheduleGroup {
  const arn = taggedArn(call)
  const name = /^arn:aws[\w-]*:scheduler:[\w-]+:\d{12}:schedule-group\/([0-9a-zA-Z-_.]+)$/.exec(arn)?.[1]
  if (name === undefined) {
    const constraint = 'Member must satisfy regular expression pattern: ^arn:aws.*:schedule-group/[0-9a-zA-Z-_.]+$'
    throw constraintError(arn, 'resourceArn', constraint)
  }
  return requireGroup(deps, name)
}

function groupArn({ arnPrefix }: SchedulerApiDeps, name: string): string {
  return `${arnPrefix}:schedule-group/${name}`
}
