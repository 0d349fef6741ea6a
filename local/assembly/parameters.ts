import { AssemblyError } from './assembly-error.ts'
import type { TemplateParameter } from './template.ts'

export interface ParameterSources {
  /** Values that are given by name: by the options of the cloud, or by the parent of a nested stack. */
  readonly given: Readonly<Record<string, unknown>>
  /** Returns the value of a parameter of SSM. */
  readonly ssmParameter: (name: string) => unknown
}

const FROM_SSM = /^AWS::SSM::Parameter::Value<(.*)>$/
const LISTS = /^(?:CommaDelimitedList|List<.*>)$/

/** Returns the values of a stack's parameters: the given ones, and otherwise their defaults. */
export function parameterValues(
  parameters: Readonly<Record<string, TemplateParameter>>,
  { given, ssmParameter }: ParameterSources,
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, { Type: type = 'String', Default: byDefault }] of Object.entries(parameters)) {
    // Only the bootstrap's rule reads it, from SSM: no bootstrap is needed here.
    if (name === 'BootstrapVersion') continue
    const value = Object.hasOwn(given, name) ? given[name] : byDefault
    if (value === undefined) {
      throw new AssemblyError(
        `The parameter ${name} (${type}) has no value: it has no Default, and none was given. Give it a Default, or ` +
          `make it a setting of the CDK app.`,
      )
    }
    const inner = FROM_SSM.exec(type)?.[1]
    values[name] = parameterValue(inner ?? type, inner === undefined ? value : ssmParameter(String(value)))
  }
  return values
}

function parameterValue(type: string, value: unknown): unknown {
  if (!LISTS.test(type)) return Array.isArray(value) ? value.map(String).join(',') : String(value)
  return Array.isArray(value)
    ? value.map(String)
    : String(value)
        .split(',')
        .map((item) => item.trim())
}
