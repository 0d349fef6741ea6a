import { expect } from '@jest/globals'
import { type CallTable, fails, prints, refused, works } from '../calls.ts'

/** Reads what the calls of Lambda, whose table comes before this one, have made the function log. */
export const logs: CallTable = {
  service: 'logs',
  calls: [
    works('describe-log-groups', { logGroups: [{ logGroupName: '/calls/echo', retentionInDays: 7 }] }),
    works('describe-log-groups --log-group-name-prefix /calls', { logGroups: [{ logGroupName: '/calls/echo' }] }),
    works(
      'describe-log-streams --log-group-name $logGroup --order-by LastEventTime --descending',
      { logStreams: [{ logStreamName: expect.stringContaining('[$LATEST]') }] },
      { stream: 'logStreams.0.logStreamName' },
    ),
    works('get-log-events --log-group-name $logGroup --log-stream-name $stream --start-from-head --limit 1', {
      events: [{ message: expect.stringContaining('platform.start') }],
      nextForwardToken: expect.stringMatching(/^f\//),
    }),
    works('filter-log-events --log-group-name $logGroup', { events: expect.any(Array) }),
    works(`filter-log-events --log-group-name $logGroup --filter-pattern '{ $.level = "WARN" }' --max-items 1`, {
      events: [{ message: expect.stringMatching(/"level":"WARN".*"message":"careful"/) }],
    }),
    works('filter-log-events --log-group-name $logGroup --filter-pattern careful --limit 1', {
      events: [{ message: expect.stringContaining('careful') }],
    }),
    works('filter-log-events --log-group-name $logGroup --start-time 4000000000000', { events: [] }),
    prints('tail $logGroup --since 1h', /"message":"careful"/),
    prints(`tail $logGroup --since 1h --filter-pattern '{ $.level = "WARN" }'`, /careful/),
    fails('filter-log-events --log-group-name none', 'ResourceNotFoundException'),
    fails(`filter-log-events --log-group-name $logGroup --filter-pattern '[a, b]'`, 'InvalidParameterException'),
    refused('create-log-group --log-group-name mine', 'CreateLogGroup'),
    refused('put-retention-policy --log-group-name $logGroup --retention-in-days 1', 'PutRetentionPolicy'),
    refused('start-query --start-time 1 --end-time 2 --query-string x', 'StartQuery'),
  ],
}
