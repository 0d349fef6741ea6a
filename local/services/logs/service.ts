import { requireKnownProperties } from '../../assembly/properties.ts'
import type { CloudContext } from '../../context.ts'
import type { LocalService } from '../service.ts'

/** Accepts log groups and keeps nothing: the output of functions goes to the cloud's own log. */
export function createLogs({ accountId, region }: CloudContext): LocalService {
  return {
    name: 'logs',
    resources: {
      'AWS::Logs::LogGroup': (resource) => {
        requireKnownProperties(resource, {
          implemented: ['LogGroupName'],
          harmless: ['RetentionInDays', 'LogGroupClass', 'KmsKeyId', 'DeletionProtectionEnabled'],
        })
        const name = String(resource.properties['LogGroupName'] ?? resource.logicalId)
        return { ref: name, attributes: { Arn: `arn:aws:logs:${region}:${accountId}:log-group:${name}:*` } }
      },
    },
  }
}
