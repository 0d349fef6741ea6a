import { namedValues } from '../named-values.ts'
import type { CreatedResource, MadeResource, ResolvedResource } from '../services/service.ts'
import type { StackAssembly } from './cloud-assembly.ts'
import { creationOrder } from './creation-order.ts'
import { resolve, type Scope } from './intrinsics.ts'
import { parameterValues } from './parameters.ts'
import { readJson } from './read-json.ts'
import type { ResourceNames } from './resource-names.ts'
import type { ResourceTypes } from './resource-types.ts'
import { createScopes, stackArn } from './scope.ts'
import { readTemplate, requireKnownAttributes, type Template } from './template.ts'

/** A stack that runs. */
export interface DeployedStack {
  readonly stackName: string
  readonly stackId: string
  readonly outputs: Readonly<Record<string, unknown>>
  /** The names under which other stacks import outputs, by the names of the outputs. */
  readonly exportNames: Readonly<Record<string, string>>
  /** By logical id, in the order in which they were made. */
  readonly resources: ReadonlyMap<string, MadeResource>
  /** The parameters of SSM that the stack reads and that nobody has. They have a dummy value. */
  readonly dummyParameters: readonly string[]
}

export type DeployedStacks = ReadonlyMap<string, DeployedStack>

/** The place of a resource in the templates. */
export interface ResourcePlace {
  readonly stackName: string
  readonly logicalId: string
}

export interface DeploymentOptions {
  readonly stacks: readonly StackAssembly[]
  readonly types: ResourceTypes
  readonly names: ResourceNames
  readonly accountId: string
  readonly region: string
  /** Values of the parameters of any stack, by name. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly dynamicReference: (reference: string) => string | undefined
  /** Makes one resource, or takes the one that exists already. By default it is made. */
  readonly make?: (place: ResourcePlace, resource: ResolvedResource) => CreatedResource | Promise<CreatedResource>
}

/** One deployment under way. */
interface Deploying extends DeploymentOptions {
  readonly deployed: Map<string, DeployedStack>
  readonly exports: Map<string, unknown>
}

interface StackToDeploy extends Pick<StackAssembly, 'stackName' | 'template' | 'assetPath'> {
  readonly given: Readonly<Record<string, unknown>>
}

export const NESTED_STACK = 'AWS::CloudFormation::Stack'

/** Makes every resource of every stack, each after those it refers to, and resolves the outputs. */
export async function deployStacks(options: DeploymentOptions): Promise<DeployedStacks> {
  const deploying: Deploying = { ...options, deployed: new Map(), exports: new Map() }
  for (const stack of options.stacks) await deployStack({ ...stack, given: options.parameters ?? {} }, deploying)
  return deploying.deployed
}

async function deployStack(stack: StackToDeploy, deploying: Deploying): Promise<DeployedStack> {
  const { stackName, template, given } = stack
  const { types } = deploying
  const order = creationOrder(template)
  for (const logicalId of order) {
    const resource = template.resources[logicalId]!
    if (types.has(resource.Type)) requireKnownAttributes(logicalId, resource)
  }
  const resources = new Map<string, MadeResource>()
  const dummyParameters: string[] = []
  const scopes = createScopes({
    ...deploying,
    stackName,
    template,
    parameters: parameterValues(template.parameters, {
      given,
      ssmParameter: (name) => deploying.dynamicReference(`ssm:${name}`) ?? dummyParameter(name, dummyParameters),
    }),
    created: (logicalId) => resources.get(logicalId)?.created,
  })
  for (const logicalId of order) {
    const { Type: type, Properties: unresolved = {}, Condition: condition } = template.resources[logicalId]!
    const scope = scopes(logicalId)
    if (condition !== undefined && !scope.condition(condition)) continue
    const properties = resolve(unresolved, scope) as Record<string, unknown>
    const resource = { logicalId: deploying.names.nameOf(stackName, logicalId), type, properties }
    const created =
      type === NESTED_STACK
        ? await deployNestedStack(resource, stack, deploying)
        : await (deploying.make?.({ stackName, logicalId }, resource) ?? types.create(resource))
    resources.set(logicalId, { resource, created })
  }
  const { outputs, exportNames } = resolveOutputs(template, scopes, deploying.exports)
  const stackId = stackArn({ ...deploying, stackName })
  const deployed = { stackName, stackId, outputs, exportNames, resources, dummyParameters }
  deploying.deployed.set(stackName, deployed)
  return deployed
}

/** Returns a dummy value, as CDK does for a lookup that it cannot make. */
function dummyParameter(name: string, dummyParameters: string[]): string {
  dummyParameters.push(name)
  return `dummy-value-for-${name}`
}

async function deployNestedStack(
  { logicalId, properties }: ResolvedResource,
  parent: StackToDeploy,
  deploying: Deploying,
): Promise<CreatedResource> {
  const url = String(properties['TemplateURL'])
  const path = parent.assetPath(url.slice(url.lastIndexOf('/') + 1))
  const stackName = `${parent.stackName}-${logicalId}`
  const { outputs } = await deployStack(
    {
      stackName,
      template: readTemplate(readJson(path)),
      assetPath: parent.assetPath,
      given: (properties['Parameters'] ?? {}) as Record<string, unknown>,
    },
    deploying,
  )
  const entries = Object.entries(outputs).map(([name, value]) => [`Outputs.${name}`, String(value)] as const)
  return { ref: stackArn({ ...deploying, stackName }), attributes: namedValues(entries) }
}

function resolveOutputs(
  template: Template,
  scopes: (where: string) => Scope,
  exports: Map<string, unknown>,
): Pick<DeployedStack, 'outputs' | 'exportNames'> {
  const outputs = namedValues<unknown>()
  const exportNames = namedValues<string>()
  for (const [name, { Value: given, Condition: condition, Export: exported }] of Object.entries(template.outputs)) {
    const scope = scopes(`The output ${name}`)
    if (condition !== undefined && !scope.condition(condition)) continue
    const value = resolve(given, scope)
    outputs[name] = value
    if (exported === undefined) continue
    exportNames[name] = String(resolve(exported.Name, scope))
    exports.set(exportNames[name], value)
  }
  return { outputs, exportNames }
}
