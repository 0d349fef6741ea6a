import { expect } from '@jest/globals'
import { type CallTable, fails, refused, works } from '../calls.ts'

const SCHEDULE = [
  '--name nightly --group-name $group',
  `--schedule-expression 'rate(1 day)' --start-date 2100-01-01T00:00:00Z`,
  '--flexible-time-window Mode=OFF --target Arn=$queueArn,RoleArn=$schedulesRole,Input=hello',
].join(' ')

export const scheduler: CallTable = {
  service: 'scheduler',
  calls: [
    works('list-schedules --group-name $group', { Schedules: [] }),
    works(`create-schedule ${SCHEDULE}`, { ScheduleArn: expect.stringContaining('schedule/reminders/nightly') }),
    fails(`create-schedule ${SCHEDULE}`, 'ConflictException'),
    works('get-schedule --name nightly --group-name $group', { State: 'ENABLED', Target: { Input: 'hello' } }),
    works(`update-schedule ${SCHEDULE} --state DISABLED`, { ScheduleArn: expect.any(String) }),
    works('list-schedules --state DISABLED --name-prefix nig', { Schedules: [{ Name: 'nightly' }] }),
    fails(
      `create-schedule --name wrong --schedule-expression 'rate(10 years)' --flexible-time-window Mode=OFF --target Arn=$queueArn,RoleArn=$schedulesRole`,
      'ValidationException',
    ),
    refused(
      `create-schedule --name wrong --schedule-expression 'rate(1 day)' --flexible-time-window Mode=OFF --target Arn=arn:aws:sns:us-east-1:000000000000:topic,RoleArn=$schedulesRole`,
      'arn:aws:sns:us-east-1:000000000000:topic',
    ),
    works('delete-schedule --name nightly --group-name $group'),
    fails('get-schedule --name nightly --group-name $group', 'ResourceNotFoundException'),
    works(
      'create-schedule-group --name scratch --tags Key=team,Value=red',
      { ScheduleGroupArn: expect.stringContaining('schedule-group/scratch') },
      { scratch: 'ScheduleGroupArn' },
    ),
    fails('create-schedule-group --name scratch', 'ConflictException'),
    works('get-schedule-group --name scratch', { Name: 'scratch', State: 'ACTIVE' }),
    works('list-schedule-groups --name-prefix scr', { ScheduleGroups: [{ Name: 'scratch' }] }),
    works('tag-resource --resource-arn $scratch --tags Key=cost,Value=1'),
    works('untag-resource --resource-arn $scratch --tag-keys team'),
    works('list-tags-for-resource --resource-arn $scratch', { Tags: [{ Key: 'cost', Value: '1' }] }),
    works('delete-schedule-group --name scratch'),
    fails('delete-schedule-group --name default', 'ValidationException'),
    fails('get-schedule-group --name scratch', 'ResourceNotFoundException'),
  ],
}
