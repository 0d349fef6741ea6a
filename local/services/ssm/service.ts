import { requireKnownProperties } from '../../assembly/properties.ts'
import type { CloudContext } from '../../context.ts'
import { ownValue } from '../../named-values.ts'
import { AwsError, type AwsAnswer, type AwsCall } from '../../wire/call.ts'
import { renderJsonError } from '../../wire/json-error.ts'
import type { CreatedResource, LocalService, ResolvedResource } from '../service.ts'

const TARGET = 'AmazonSSM.'

interface Parameter {
  readonly name: string
  readonly type: string
  readonly value: string
  readonly changedMs: number
}

type Operation = (parameters: Parameters, input: Readonly<Record<string, unknown>>) => object

/** The parameters of the templates, by name. They are in memory only. */
type Parameters = ReadonlyMap<string, Parameter> & {
  readonly describe: (parameter: Parameter) => object
}

/** Systems Manager, as far as it keeps parameters: those of the templates, and the calls that read them. */
export function createSsm({ accountId, region, clock }: CloudContext): LocalService {
  const arn = (name: string): string =>
    `arn:aws:ssm:${region}:${accountId}:parameter${name.startsWith('/') ? '' : '/'}${name}`
  const describe = ({ name, type, value, changedMs }: Parameter): object => ({
    Name: name,
    Type: type,
    Value: value,
    Version: 1,
    LastModifiedDate: changedMs / 1000,
    ARN: arn(name),
    DataType: 'text',
  })
  const parameters = Object.assign(new Map<string, Parameter>(), { describe })
  const create = (resource: ResolvedResource): CreatedResource => {
    requireKnownProperties(resource, {
      implemented: ['Name', 'Type', 'Value'],
      harmless: ['AllowedPattern', 'DataType', 'Policies', 'Tier'],
    })
    const { Name: name = resource.logicalId, Type: type = 'String', Value: value = '' } = resource.properties
    const parameter = { name: String(name), type: String(type), value: String(value), changedMs: clock.now() }
    parameters.set(parameter.name, parameter)
    return { ref: parameter.name, attributes: { Type: parameter.type, Value: parameter.value } }
  }
  return {
    name: 'ssm',
    resources: { 'AWS::SSM::Parameter': create },
    changes: {
      'AWS::SSM::Parameter': {
        update: (resource, { created: { ref } }) =>
          String(resource.properties['Name'] ?? resource.logicalId) === ref ? create(resource) : undefined,
        remove: ({ created: { ref } }) => void parameters.delete(ref),
      },
    },
    dynamicReference(reference) {
      const name = /^ssm(?:-secure)?:([^:]+)(?::\d+)?$/.exec(reference)?.[1]
      return name === undefined ? undefined : parameters.get(name)?.value
    },
    api: {
      service: 'ssm',
      match({ headers }) {
        const target = headers['x-amz-target']
        return typeof target === 'string' && target.startsWith(TARGET) ? target.slice(TARGET.length) : undefined
      },
      authorizations: (call) =>
        namesIn(call).map((name) => ({ action: `ssm:${call.operation}`, resourceArn: arn(name) })),
      handle: async (call) => jsonAnswer(findOperation(call)(parameters, call.input())),
      renderError: (error) => renderJsonError(error, { version: '1.1' }),
    },
  }
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  GetParameter(parameters, { Name: name }) {
    const parameter = parameters.get(plainName(name))
    if (parameter === undefined) throw new AwsError('ParameterNotFound', `There is no parameter ${String(name)}.`)
    return { Parameter: parameters.describe(parameter) }
  },
  GetParameters(parameters, { Names: names }) {
    const given = (names ?? []) as readonly string[]
    const found = given.flatMap((name) => parameters.get(plainName(name)) ?? [])
    return {
      Parameters: found.map(parameters.describe),
      InvalidParameters: given.filter((name) => !parameters.has(plainName(name))),
    }
  },
  GetParametersByPath(parameters, { Path: path, Recursive: recursive }) {
    const prefix = `${String(path).replace(/\/$/, '')}/`
    const found = [...parameters.values()].filter(
      ({ name }) => name.startsWith(prefix) && (recursive === true || !name.slice(prefix.length).includes('/')),
    )
    return { Parameters: found.map(parameters.describe) }
  },
}

function findOperation({ operation }: AwsCall): Operation {
  const found = ownValue(OPERATIONS, operation)
  if (found !== undefined) return found
  throw new AwsError(
    'UnknownOperationException',
    `ssm:${operation} is not available locally: the local cloud implements only ${Object.keys(OPERATIONS).join(', ')}.`,
  )
}

function namesIn(call: AwsCall): string[] {
  findOperation(call)
  const { Name: name, Names: names, Path: path } = call.input()
  return [name ?? names ?? path].flat().map(plainName)
}

/** Returns the name without a version or a label. A parameter may also be named by its ARN. */
function plainName(name: unknown): string {
  const given = String(name)
  if (!given.startsWith('arn:')) return given.split(':')[0]!
  const path = given.slice(given.indexOf(':parameter/') + ':parameter'.length)
  return path.indexOf('/', 1) < 0 ? path.slice(1) : path
}

function jsonAnswer(body: object): AwsAnswer {
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(body) }
}
