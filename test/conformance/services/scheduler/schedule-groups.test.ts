import {
  ConflictException,
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListScheduleGroupsCommand,
  ListSchedulesCommand,
  ListTagsForResourceCommand,
  ResourceNotFoundException,
  SchedulerClient,
  TagResourceCommand,
  UntagResourceCommand,
  ValidationException,
} from '@aws-sdk/client-scheduler'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '../../../../local/clock.ts'
import { createScheduler, type SchedulerDeps } from '../../../../local/services/scheduler/service.ts'
import type { LocalService } from '../../../../local/services/service.ts'
import type { AwsCall } from '../../../../local/wire/call.ts'
import { startWireServer } from '../../../../local/wire/server.ts'
import { clientSettings } from '../../cloud/client-settings.ts'
import { cloudContext } from '../../cloud/cloud-context.ts'

const ARN = 'arn:aws:scheduler:us-east-1:000000000000:schedule-group/'

let clock: ManualClock
let dataDir: string
let service: LocalService
let client: SchedulerClient
let close: () => Promise<void>

beforeEach(async () => {
  clock = new ManualClock()
  dataDir = mkdtempSync(join(tmpdir(), 'jobwire-groups-'))
  await start()
})
afterEach(async () => {
  await close()
  rmSync(dataDir, { recursive: true })
})

async function start(): Promise<void> {
  const server = await startWireServer(0, () => {})
  const endpoint = `http://127.0.0.1:${server.port}`
  // No schedule of these tests runs.
  const deps = { mayAssume: () => true, mayCall: () => true } as unknown as SchedulerDeps
  service = createScheduler(cloudContext({ endpoint, clock, dataDir }), deps)
  const principalOf = () => ({ kind: 'owner', name: 'client' }) as const
  const Tags = [{ Key: 'team', Value: 'red' }]
  await service.resources['AWS::Scheduler::ScheduleGroup']!({
    logicalId: 'Given',
    type: 'AWS::Scheduler::ScheduleGroup',
    properties: { Name: 'given', Tags },
  })
  await service.start!()
  server.serve({ apis: [service.api!], interceptors: [], principalOf, executeApis: [] })
  client = new SchedulerClient(clientSettings(endpoint))
  close = async () => {
    client.destroy()
    await service.close!()
    await server.close()
  }
}

const create = (Name: string, more: object = {}) => client.send(new CreateScheduleGroupCommand({ Name, ...more }))
const remove = (Name: string) => client.send(new DeleteScheduleGroupCommand({ Name }))
const get = (Name: string) => client.send(new GetScheduleGroupCommand({ Name }))
const tagsOf = async (name: string) =>
  (await client.send(new ListTagsForResourceCommand({ ResourceArn: `${ARN}${name}` }))).Tags
const names = async (more: object = {}) =>
  (await client.send(new ListScheduleGroupsCommand(more))).ScheduleGroups!.map(({ Name }) => Name)

const createSchedule = (GroupName: string) =>
  client.send(
    new CreateScheduleCommand({
      Name: 'nightly',
      GroupName,
      ScheduleExpression: 'rate(1 day)',
      StartDate: new Date(clock.now() + 60_000),
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: 'arn:aws:sqs:us-east-1:000000000000:Jobs', RoleArn: 'arn:aws:iam::000000000000:role/Any' },
    }),
  )

describe('a schedule group', () => {
  it('is made, described and listed, and takes schedules', async () => {
    expect((await create('reports')).ScheduleGroupArn).toBe(`${ARN}reports`)
    expect(await get('reports')).toMatchObject({
      Arn: `${ARN}reports`,
      Name: 'reports',
      State: 'ACTIVE',
      CreationDate: new Date(clock.now()),
    })
    expect(await names()).toEqual(['default', 'given', 'reports'])
    await createSchedule('reports')
    const { Schedules } = await client.send(new ListSchedulesCommand({ GroupName: 'reports' }))
    expect(Schedules).toMatchObject([{ Name: 'nightly', GroupName: 'reports' }])
  })

  it('is listed by prefix, page by page', async () => {
    for (const name of ['a-1', 'a-2', 'b']) await create(name)
    const first = await client.send(new ListScheduleGroupsCommand({ NamePrefix: 'a-', MaxResults: 1 }))
    expect(first.ScheduleGroups!.map(({ Name }) => Name)).toEqual(['a-1'])
    expect(await names({ NamePrefix: 'a-', MaxResults: 1, NextToken: first.NextToken })).toEqual(['a-2'])
    await expect(names({ MaxResults: 101 })).rejects.toThrow("Value '101' at 'maxResults' failed to satisfy constraint")
  })

  it('is made once; the same call again, with the same token, is no conflict', async () => {
    await create('reports', { ClientToken: 'token-1' })
    expect((await create('reports', { ClientToken: 'token-1' })).ScheduleGroupArn).toBe(`${ARN}reports`)
    await expect(create('reports', { ClientToken: 'token-2' })).rejects.toBeInstanceOf(ConflictException)
    await expect(create('given')).rejects.toThrow('Schedule group given already exists.')
  })

  it('is deleted with its schedules, but for the default one', async () => {
    await create('reports')
    await createSchedule('reports')
    await remove('reports')
    await expect(get('reports')).rejects.toBeInstanceOf(ResourceNotFoundException)
    await create('reports')
    const schedule = client.send(new GetScheduleCommand({ Name: 'nightly', GroupName: 'reports' }))
    await expect(schedule).rejects.toThrow('Schedule nightly does not exist.')
    for (const change of [() => remove('default'), () => create('default')]) {
      await expect(change()).rejects.toBeInstanceOf(ValidationException)
      await expect(change()).rejects.toThrow('This operation cannot be performed on schedule group default.')
    }
  })

  it('has tags', async () => {
    await create('reports', { Tags: [{ Key: 'team', Value: 'red' }] })
    const ResourceArn = `${ARN}reports`
    const Tags = [
      { Key: 'team', Value: 'blue' },
      { Key: 'cost', Value: '1' },
    ]
    await client.send(new TagResourceCommand({ ResourceArn, Tags }))
    expect(await tagsOf('reports')).toEqual(Tags)
    await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['team', 'none'] }))
    expect(await tagsOf('reports')).toEqual([{ Key: 'cost', Value: '1' }])
    expect(await tagsOf('given')).toEqual([{ Key: 'team', Value: 'red' }])
    await expect(tagsOf('none')).rejects.toThrow('Schedule group none does not exist.')
    const ofSchedule = new ListTagsForResourceCommand({ ResourceArn: 'arn:aws:scheduler:us-east-1:0:schedule/a/b' })
    await expect(client.send(ofSchedule)).rejects.toBeInstanceOf(ValidationException)
  })

  it('is there after a restart, with its schedules and tags', async () => {
    await create('reports', { Tags: [{ Key: 'team', Value: 'red' }] })
    await create('deleted')
    await createSchedule('reports')
    await remove('deleted')
    await close()
    await start()
    expect(await names()).toEqual(['default', 'given', 'reports'])
    expect(await tagsOf('reports')).toEqual([{ Key: 'team', Value: 'red' }])
    const { Schedules } = await client.send(new ListSchedulesCommand({}))
    expect(Schedules).toMatchObject([{ Name: 'nightly', GroupName: 'reports' }])
  })
})

it('lists the schedules of a group that exists, and of a state that exists', async () => {
  const list = (more: object) => client.send(new ListSchedulesCommand(more))
  await expect(list({ GroupName: 'none' })).rejects.toThrow('Schedule group none does not exist.')
  await expect(list({ State: 'PAUSED' })).rejects.toThrow("Value 'PAUSED' at 'state' failed to satisfy constraint")
})

describe('the permissions', () => {
  const needs = (operation: string, path: string, method = 'GET') =>
    service.api!.authorizations({ operation, path, method } as AwsCall)

  it('are asked for at the group, or at all groups for a list', () => {
    for (const operation of ['CreateScheduleGroup', 'GetScheduleGroup', 'DeleteScheduleGroup']) {
      expect(needs(operation, '/schedule-groups/reports')).toEqual([
        { action: `scheduler:${operation}`, resourceArn: `${ARN}reports` },
      ])
    }
    for (const operation of ['TagResource', 'UntagResource', 'ListTagsForResource']) {
      expect(needs(operation, `/tags/${encodeURIComponent(`${ARN}reports`)}`)).toEqual([
        { action: `scheduler:${operation}`, resourceArn: `${ARN}reports` },
      ])
    }
    expect(needs('ListScheduleGroups', '/schedule-groups')).toEqual([
      { action: 'scheduler:ListScheduleGroups', resourceArn: '*' },
    ])
  })
})
