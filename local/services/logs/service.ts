import { requireKnownProperties } from '../../assembly/properties.ts'
import type { CloudContext } from '../../context.ts'
import type { LocalService } from '../service.ts'
import { LogStore, type LogWriter } from './log-store.ts'
import { createLogsApi } from './logs-api.ts'
import { groupArn } from './logs-input.ts'

export interface LogsService extends LocalService {
  /** Takes the lines of functions. */
  readonly writer: LogWriter
}

/** CloudWatch Logs: the newest output of functions by log group, in memory, and the calls that read it. */
export function createLogs({ accountId, region, clock }: CloudContext): LogsService {
  const store = new LogStore(clock)
  return {
    name: 'logs',
    resources: {
      'AWS::Logs::LogGroup': (resource) => {
        requireKnownProperties(resource, {
          implemented: ['LogGroupName', 'RetentionInDays'],
          harmless: ['LogGroupClass', 'KmsKeyId', 'DeletionProtectionEnabled'],
        })
        const { LogGroupName: given, RetentionInDays: days } = resource.properties
        const name = String(given ?? resource.logicalId)
        store.ensureGroup(name, days === undefined ? undefined : Number(days))
        return { ref: name, attributes: { Arn: `${groupArn(name, { accountId, region })}:*` } }
      },
    },
    api: createLogsApi({ store, accountId, region }),
    writer: store,
  }
}
