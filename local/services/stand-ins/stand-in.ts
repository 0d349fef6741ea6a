import { createHash } from 'node:crypto'
import type { CloudContext } from '../../context.ts'
import type { CreatedResource, ResolvedResource, ResourceFactory } from '../service.ts'
import { standInKind, type StandInKind } from './kinds.ts'

type Account = Pick<CloudContext, 'accountId' | 'region'>

/** Attributes that are lists. */
const LISTS = ['NameServers', 'CidrBlockAssociations', 'DnsEntries', 'NetworkInterfaceIds', 'Ipv6CidrBlocks']

/** Makes resources that nothing runs behind. Their `Ref` and attributes have the form that they have on AWS. */
export function createStandIns(account: Account): ResourceFactory {
  return (resource) => createStandIn(resource, account)
}

function createStandIn(resource: ResolvedResource, account: Account): CreatedResource {
  const { known, ...kind } = standInKind(resource.type)
  const name = physicalName(resource)
  const arn = `arn:aws:${kind.service}:${account.region}:${account.accountId}:${kind.arnPrefix}${name}`
  const ref = refOf(kind, name, arn)
  return {
    ref,
    attributes: {},
    standIn: {
      attribute: (attribute) => attributeValue(attribute, { resource, name, arn, ref }),
      ...(known ? {} : { unknown: true }),
    },
  }
}

/** The name that the template gives, in the property that is named after the type: `TopicName`, `AlarmName`, `Name`. */
function physicalName({ type, logicalId, properties }: ResolvedResource): string {
  const own = properties[`${type.split('::').pop()}Name`] ?? properties['Name']
  return typeof own === 'string' && own !== '' ? own : logicalId
}

function refOf({ ref }: StandInKind, name: string, arn: string): string {
  if (ref === 'arn') return arn
  if (ref === 'name') return name
  return `${ref.idPrefix}${createHash('sha256').update(name).digest('hex').slice(0, 17)}`
}

interface StandInValues {
  readonly resource: ResolvedResource
  readonly name: string
  readonly arn: string
  readonly ref: string
}

function attributeValue(attribute: string, { resource, name, arn, ref }: StandInValues): unknown {
  const given = resource.properties[attribute]
  if (typeof given === 'string') return given
  if (LISTS.includes(attribute)) return [`${name}-${attribute}`]
  if (attribute.endsWith('Arn') || attribute.endsWith('ARN')) return arn
  if (attribute.endsWith('Name') && !attribute.endsWith('DNSName') && !attribute.endsWith('DomainName')) return name
  if (attribute.endsWith('Port')) return '0'
  if (/(?:Url|URL|Endpoint|DNSName|DomainName|Address)$/.test(attribute)) return `${name.toLowerCase()}.invalid`
  if (attribute === 'CidrBlock') return '10.0.0.0/16'
  if (attribute.endsWith('Id')) return ref
  return `${name}.${attribute}`
}
