import { AssemblyError } from './assembly-error.ts'

/** A CloudFormation template, as far as the local cloud reads it. */
export interface Template {
  readonly resources: Readonly<Record<string, TemplateResource>>
  readonly outputs: Readonly<Record<string, TemplateOutput>>
  readonly conditions: Readonly<Record<string, unknown>>
  readonly mappings: Readonly<Record<string, unknown>>
  /** The parameters' defaults: nothing else can give a parameter its value here. */
  readonly parameters: Readonly<Record<string, string>>
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
}

interface TemplateParameter {
  readonly Type?: string
  readonly Default?: unknown
}

/** `Rules` hold only the check of the bootstrap's version. The other sections describe the template to people. */
const INERT_SECTIONS = ['AWSTemplateFormatVersion', 'Description', 'Metadata']
const READ_SECTIONS = ['Resources', 'Outputs', 'Parameters', 'Conditions', 'Mappings', 'Rules']

/** These say what happens when a real stack changes. Nothing changes here. */
const INERT_RESOURCE_ATTRIBUTES = ['Metadata', 'DeletionPolicy', 'UpdateReplacePolicy']
const READ_RESOURCE_ATTRIBUTES = ['Type', 'Properties', 'DependsOn', 'Condition']

/** Reads a template, and refuses any section or resource attribute that would otherwise be ignored. */
export function readTemplate(json: Readonly<Record<string, unknown>>): Template {
  refuseUnknown('The template', 'section', Object.keys(json), [...READ_SECTIONS, ...INERT_SECTIONS])
  const resources = section<TemplateResource>(json, 'Resources')
  for (const [logicalId, resource] of Object.entries(resources)) {
    if (typeof resource.Type !== 'string') throw new AssemblyError(`${logicalId} has no Type.`)
    refuseUnknown(`${logicalId} (${resource.Type})`, 'resource attribute', Object.keys(resource), [
      ...READ_RESOURCE_ATTRIBUTES,
      ...INERT_RESOURCE_ATTRIBUTES,
    ])
  }
  refuseUnknown('The template', 'rule', Object.keys(section(json, 'Rules')), ['CheckBootstrapVersion'])
  return {
    resources,
    outputs: section<TemplateOutput>(json, 'Outputs'),
    conditions: section(json, 'Conditions'),
    mappings: section(json, 'Mappings'),
    parameters: parameterValues(section<TemplateParameter>(json, 'Parameters')),
  }
}

function parameterValues(parameters: Readonly<Record<string, TemplateParameter>>): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [name, { Type: type, Default: value }] of Object.entries(parameters)) {
    // Only the bootstrap's rule reads it, from SSM: no bootstrap is needed here.
    if (name === 'BootstrapVersion') continue
    if ((type !== 'String' && type !== 'Number') || value === undefined) {
      throw new AssemblyError(
        `The parameter ${name} (${type}) cannot be resolved: the local cloud takes only parameters of type String or ` +
          `Number that have a Default. Give it one, or make it a setting of the CDK app.`,
      )
    }
    values[name] = String(value)
  }
  return values
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
