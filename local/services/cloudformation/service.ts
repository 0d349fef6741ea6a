import type { CloudContext } from '../../context.ts'
import { AwsError } from '../../wire/call.ts'
import {
  createQueryApi,
  readMembers,
  xmlElement,
  xmlList,
  type QueryFields,
  type QueryOperation,
} from '../../wire/query-api.ts'
import type { LocalService } from '../service.ts'
import type { DescribedResource, DescribedStack } from './described-stack.ts'

/** The only state that a stack of the local cloud has. */
const STATUS = 'CREATE_COMPLETE'

export interface CloudFormationDeps {
  readonly stacks: () => readonly DescribedStack[]
}

/** CloudFormation: describes the stacks that run. They change only with their assembly. */
export function createCloudFormation(context: CloudContext, { stacks }: CloudFormationDeps): LocalService {
  const { accountId, region, clock } = context
  const view: StackView = {
    stacks,
    createdAt: new Date(clock.now()).toISOString(),
    stackArn(fields) {
      const name = fields.get('StackName')
      if (name?.startsWith('arn:') === true) return name
      return `arn:aws:cloudformation:${region}:${accountId}:stack/${name ?? '*'}/*`
    },
    requested: (fields) => findStack(stacks(), requireField(fields, 'StackName')),
  }
  return {
    name: 'cloudformation',
    resources: {},
    api: createQueryApi({
      service: 'cloudformation',
      namespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
      operations: { ...stackOperations(view), ...resourceOperations(view) },
    }),
  }
}

/** The stacks, as the operations see them. */
interface StackView extends CloudFormationDeps {
  readonly createdAt: string
  /** The ARN of the stack that a call names, or of all. */
  readonly stackArn: (fields: QueryFields) => string
  readonly requested: (fields: QueryFields) => DescribedStack
}

const everything = (): string => '*'

function stackOperations({ stacks, createdAt, stackArn, requested }: StackView): Record<string, QueryOperation> {
  return {
    DescribeStacks: {
      resourceArn: stackArn,
      run(fields) {
        const found = fields.has('StackName') ? [requested(fields)] : stacks()
        return xmlList(
          'Stacks',
          found.map((stack) => describeStack(stack, createdAt)),
        )
      },
    },
    ListStacks: {
      resourceArn: everything,
      run(fields) {
        const wanted = readMembers(fields, 'StackStatusFilter')
        const found = wanted.length === 0 || wanted.includes(STATUS) ? stacks() : []
        return xmlList(
          'StackSummaries',
          found.map((stack) => summarizeStack(stack, createdAt)),
        )
      },
    },
    ListExports: { resourceArn: everything, run: () => xmlList('Exports', stacks().flatMap(describeExports)) },
  }
}

function resourceOperations({ stacks, createdAt, stackArn, requested }: StackView): Record<string, QueryOperation> {
  return {
    DescribeStackResources: {
      resourceArn: stackArn,
      run: (fields) => describeResources(fields, stacks(), createdAt),
    },
    DescribeStackResource: {
      resourceArn: stackArn,
      run(fields) {
        const stack = requested(fields)
        const resource = findResource(stack, requireField(fields, 'LogicalResourceId'))
        const detail = describeResource(resource, 'LastUpdatedTimestamp', createdAt) + nameOf(stack)
        return `<StackResourceDetail>${detail}</StackResourceDetail>`
      },
    },
    ListStackResources: {
      resourceArn: stackArn,
      run(fields) {
        const { resources } = requested(fields)
        const summaries = resources.map((resource) => describeResource(resource, 'LastUpdatedTimestamp', createdAt))
        return xmlList('StackResourceSummaries', summaries)
      },
    },
  }
}

function describeStack(stack: DescribedStack, createdAt: string): string {
  const outputs = stack.outputs.map(
    ({ name, value, exportName }) =>
      xmlElement('OutputKey', name) + xmlElement('OutputValue', value) + xmlElement('ExportName', exportName),
  )
  return (
    nameOf(stack) +
    xmlElement('CreationTime', createdAt) +
    xmlElement('StackStatus', STATUS) +
    xmlElement('DisableRollback', 'false') +
    xmlElement('EnableTerminationProtection', 'false') +
    '<DriftInformation><StackDriftStatus>NOT_CHECKED</StackDriftStatus></DriftInformation>' +
    xmlList('NotificationARNs', []) +
    xmlList('Capabilities', ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM']) +
    xmlList('Tags', []) +
    (outputs.length === 0 ? '' : xmlList('Outputs', outputs))
  )
}

function summarizeStack(stack: DescribedStack, createdAt: string): string {
  return (
    nameOf(stack) +
    xmlElement('CreationTime', createdAt) +
    xmlElement('StackStatus', STATUS) +
    '<DriftInformation><StackDriftStatus>NOT_CHECKED</StackDriftStatus></DriftInformation>'
  )
}

function nameOf({ stackName, stackId }: DescribedStack): string {
  return xmlElement('StackName', stackName) + xmlElement('StackId', stackId)
}

/** Describes the resources of a stack, or of the stack that has a resource of a name. */
function describeResources(fields: QueryFields, stacks: readonly DescribedStack[], createdAt: string): string {
  const stackName = fields.get('StackName')
  const physicalId = fields.get('PhysicalResourceId')
  if ((stackName === undefined) === (physicalId === undefined)) {
    throw validationError('Either StackName or PhysicalResourceId must be specified, and not both')
  }
  const stack =
    stackName === undefined
      ? stacks.find(({ resources }) => resources.some((resource) => resource.physicalId === physicalId))
      : findStack(stacks, stackName)
  if (stack === undefined) throw validationError(`Stack for ${physicalId} does not exist`)
  const logicalId = fields.get('LogicalResourceId')
  const resources = logicalId === undefined ? stack.resources : [findResource(stack, logicalId)]
  const described = resources.map((resource) => nameOf(stack) + describeResource(resource, 'Timestamp', createdAt))
  return xmlList('StackResources', described)
}

function describeResource({ logicalId, physicalId, type }: DescribedResource, time: string, createdAt: string): string {
  return (
    xmlElement('LogicalResourceId', logicalId) +
    xmlElement('PhysicalResourceId', physicalId) +
    xmlElement('ResourceType', type) +
    xmlElement(time, createdAt) +
    xmlElement('ResourceStatus', STATUS) +
    '<DriftInformation><StackResourceDriftStatus>NOT_CHECKED</StackResourceDriftStatus></DriftInformation>'
  )
}

function describeExports({ stackId, outputs }: DescribedStack): string[] {
  return outputs.flatMap(({ exportName, value }) =>
    exportName === undefined
      ? []
      : [xmlElement('ExportingStackId', stackId) + xmlElement('Name', exportName) + xmlElement('Value', value)],
  )
}

function findStack(stacks: readonly DescribedStack[], nameOrId: string): DescribedStack {
  const stack = stacks.find(({ stackName, stackId }) => stackName === nameOrId || stackId === nameOrId)
  if (stack !== undefined) return stack
  throw validationError(`Stack with id ${nameOrId} does not exist`)
}

function findResource({ stackName, resources }: DescribedStack, logicalId: string): DescribedResource {
  const resource = resources.find((one) => one.logicalId === logicalId)
  if (resource !== undefined) return resource
  throw validationError(`Resource ${logicalId} does not exist for stack ${stackName}`)
}

function requireField(fields: QueryFields, name: string): string {
  const value = fields.get(name)
  if (value !== undefined && value !== '') return value
  throw validationError(
    `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`,
  )
}

function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message)
}
