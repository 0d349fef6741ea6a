import { requireKnownProperties } from '../../assembly/properties.ts'
import type { CloudContext } from '../../context.ts'
import type { CreatedResource, LocalService, ResolvedResource } from '../service.ts'
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
  const ensureGroup = (resource: ResolvedResource): CreatedResource => {
    requireKnownProperties(resource, {
      implemented: ['LogGroupName', 'RetentionInDays'],
      harmless: ['LogGroupClass', 'KmsKeyId', 'DeletionProtectionEnabled'],
    })
    const { RetentionInDays: days } = resource.properties
    const name = groupName(resource)
    store.ensureGroup(name, days === undefined ? undefined : Number(days))
    return { ref: name, attributes: { Arn: `${groupArn(name, { accountId, region })}:*` } }
  }
  return {
    name: 'logs',
    resources: { 'AWS::Logs::LogGroup': ensureGroup },
    changes: {
      'AWS::Logs::LogGroup': {
        update: (resource, { created: { ref } }) => (groupName(resource) === ref ? ensureGroup(resource) : undefined),
        remove: ({ created: { ref } }) => store.removeGroup(ref),
        holds: () => 'its lines',
      },
    },
    api: createLogsApi({ store, accountId, region }),
    writer: store,
  }
}

function groupName({ logicalId, properties }: ResolvedResource): string {
  return String(properties['LogGroupName'] ?? logicalId)
}
