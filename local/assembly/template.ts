import { AssemblyError } from './assembly-error.ts'

/** A CloudFormation template, as far as the local cloud reads it. */
export interface Template {
  readonly resources: Readonly<Record<string, TemplateResource>>
  readonly outputs: Readonly<Record<string, TemplateOutput>>
  readonly conditions: Readonly<Record<string, unknown>>
  readonly mappings: Readonly<Record<string, unknown>>
  readonly parameters: Readonly<Record<string, TemplateParameter>>
}

export interface TemplateResource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
  readonly DependsOn?: string | readonly string[]
  readonly Condition?: string
}

export interface TemplateOutput {
  readonly Value: unknown
  readonly Condition?: string
  /** `Name` may hold intrinsics. Other stacks import the value by it. */
  readonly Export?: { readonly Name: unknown }
}

export interface TemplateParameter {
  readonly Type?: string
  readonly Default?: unknown
}

/** `Rules` hold only the check of the bootstrap's version. The other sections describe the template to people. */
const INERT_SECTIONS = ['AWSTemplateFormatVersion', 'Description', 'Metadata']
const READ_SECTIONS = ['Resources', 'Outputs', 'Parameters', 'Conditions', 'Mappings', 'Rules']

/** These say what a deployment keeps of a resource that it removes. A laptop keeps nothing. */
const INERT_RESOURCE_ATTRIBUTES = ['Metadata', 'DeletionPolicy', 'UpdateReplacePolicy']
const READ_RESOURCE_ATTRIBUTES = ['Type', 'Properties', 'DependsOn', 'Condition']

/** Reads a template, and refuses any section that would otherwise be ignored. */
export function readTemplate(json: Readonly<Record<string, unknown>>): Template {
  refuseUnknown('The template', 'section', Object.keys(json), [...READ_SECTIONS, ...INERT_SECTIONS])
  const resources = section<TemplateResource>(json, 'Resources')
  for (const [logicalId, resource] of Object.entries(resources)) {
    if (typeof resource.Type !== 'string') throw new AssemblyError(`${logicalId} has no Type.`)
  }
  refuseUnknown('The template', 'rule', Object.keys(section(json, 'Rules')), ['CheckBootstrapVersion'])
  return {
    resources,
    outputs: section<TemplateOutput>(json, 'Outputs'),
    conditions: section(json, 'Conditions'),
    mappings: section(json, 'Mappings'),
    parameters: section<TemplateParameter>(json, 'Parameters'),
  }
}

/** Refuses attributes of a resource that would otherwise be ignored. A stand-in may have any. */
export function requireKnownAttributes(logicalId: string, resource: TemplateResource): void {
  refuseUnknown(`${logicalId} (${resource.Type})`, 'resource attribute', Object.keys(resource), [
    ...READ_RESOURCE_ATTRIBUTES,
    ...INERT_RESOURCE_ATTRIBUTES,
  ])
}

function section<T>(json: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, T>> {
  return (json[name] ?? {}) as Readonly<Record<string, T>>
}

function refuseUnknown(owner: string, kind: string, names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new AssemblyError(`${owner}: the local cloud does not implement the ${kind} ${unknown}. Remove it.`)
  }
}
