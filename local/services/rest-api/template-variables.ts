import { ownValue, valueAtPath } from '../../named-values.ts'
import { wrongProperty } from '../execute-api/properties.ts'
import type { ResolvedResource } from '../service.ts'

/** The values that templates and parameter mappings of gateway responses can name. */
export interface TemplateVariables {
  readonly context: Readonly<Record<string, unknown>>
  readonly stageVariables: Readonly<Record<string, string>>
  readonly header: (name: string) => string | undefined
  readonly querystring: (name: string) => string | undefined
  readonly path: (name: string) => string | undefined
}

// `$context.x` or `${context.x}`. A brace that follows the first form belongs to the surrounding text.
const VARIABLE = /\$(?:\{((?:context|stageVariables)\.[\w.]*\w)\}|((?:context|stageVariables)\.\w+(?:\.\w+)*))/g

const KNOWN_CONTEXT = new Set([
  'error.message',
  'error.messageString',
  'error.responseType',
  'requestId',
  'extendedRequestId',
  'requestTime',
  'requestTimeEpoch',
  'apiId',
  'accountId',
  'stage',
  'path',
  'protocol',
  'httpMethod',
  'resourcePath',
  'resourceId',
  'domainName',
  'identity.sourceIp',
  'identity.userAgent',
])

/** Refuses everything that would reach clients unfilled: unknown variables, and directives of the template language. */
export function checkTemplate(resource: ResolvedResource, path: string, template: string): void {
  for (const [variable, braced, bare] of template.matchAll(VARIABLE)) {
    const [root, name] = splitVariable(braced ?? bare!)
    if (!isKnown(root, name)) {
      throw wrongProperty(resource, path, `uses ${variable}, which the local cloud does not implement`)
    }
  }
  const directive = /\$(?:input|util|method)\b|#(?:set|if|else|foreach|end)\b/.exec(template)?.[0]
  if (directive !== undefined) {
    throw wrongProperty(resource, path, `uses ${directive}, which the local cloud does not implement`)
  }
}

/** Refuses a mapping that `mapParameter` would not understand. */
export function checkMapping(resource: ResolvedResource, path: string, source: string): void {
  if (LITERAL.test(source) || REQUEST_PART.test(source)) return
  const [, root, name] = VALUE.exec(source) ?? []
  if (root !== undefined && isKnown(root, name!)) return
  throw wrongProperty(resource, path, `maps from ${source}, which the local cloud does not implement`)
}

function isKnown(root: string, name: string): boolean {
  return root === 'stageVariables' || name.startsWith('authorizer.') || KNOWN_CONTEXT.has(name)
}

/** Fills in the variables. A variable that is not set for this request becomes an empty string, as on AWS. */
export function renderTemplate(template: string, variables: TemplateVariables): string {
  return template.replace(VARIABLE, (_, braced: string | undefined, bare: string | undefined) => {
    const [root, name] = splitVariable((braced ?? bare)!)
    return String(variableValue(variables, root, name) ?? '')
  })
}

function splitVariable(variable: string): [root: string, name: string] {
  const dot = variable.indexOf('.')
  return [variable.slice(0, dot), variable.slice(dot + 1)]
}

const LITERAL = /^'(.*)'$/s
const REQUEST_PART = /^method\.request\.(header|querystring|path)\.(.+)$/
const VALUE = /^(context|stageVariables)\.(.+)$/

/** Returns the value of a mapping like `'literal'`, `method.request.header.Origin` or `context.requestId`. */
export function mapParameter(source: string, variables: TemplateVariables): string | undefined {
  const literal = LITERAL.exec(source)?.[1]
  if (literal !== undefined) return literal
  const request = REQUEST_PART.exec(source)
  if (request !== null) return variables[request[1] as 'header' | 'querystring' | 'path'](request[2]!)
  const context = VALUE.exec(source)
  if (context === null) return undefined
  const value = variableValue(variables, context[1]!, context[2]!)
  return value === undefined || value === null ? undefined : String(value)
}

function variableValue({ context, stageVariables }: TemplateVariables, root: string, name: string): unknown {
  return root === 'context' ? valueAtPath(context, name) : ownValue(stageVariables, name)
}
