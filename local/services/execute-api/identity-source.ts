import { ownValue, valueAtPath } from '../../named-values.ts'
import type { ResolvedResource } from '../service.ts'
import { wrongProperty } from './properties.ts'

/** The place of one part of the caller's identity in a request. */
export interface IdentitySource {
  readonly from: 'header' | 'querystring' | 'stageVariables' | 'context'
  readonly name: string
}

/** The parts of a request that identity sources can name. */
export interface IdentityParts {
  readonly header: (name: string) => string | undefined
  readonly querystring: (name: string) => string | undefined
  readonly stageVariables: Readonly<Record<string, string>>
  readonly requestContext: Readonly<Record<string, unknown>>
}

const SOURCE = /^(?:(?:method|route)\.request\.(header|querystring)\.(\S+)|(stageVariables|context)\.(\S+))$/

/** Reads `method.request.header.Authorization`, `route.request.querystring.token`, `stageVariables.x`, `context.x`. */
export function parseIdentitySources(resource: ResolvedResource, expressions: readonly string[]): IdentitySource[] {
  return expressions.map((expression) => {
    const match = SOURCE.exec(expression.trim())
    if (match === null) {
      throw wrongProperty(resource, 'IdentitySource', `has "${expression}", which the local cloud does not implement`)
    }
    return { from: (match[1] ?? match[3]) as IdentitySource['from'], name: (match[2] ?? match[4])! }
  })
}

/**
 * Returns the identity as the caller gave it, or undefined if a part is missing: AWS then returns 401 without a call.
 */
export function readIdentity(sources: readonly IdentitySource[], parts: IdentityParts): string[] | undefined {
  const values = sources.map(({ from, name }) => {
    if (from === 'header') return parts.header(name)
    if (from === 'querystring') return parts.querystring(name)
    if (from === 'stageVariables') return ownValue(parts.stageVariables, name)
    return contextValue(parts.requestContext, name)
  })
  return values.every((value) => value !== undefined && value !== '') ? (values as string[]) : undefined
}

function contextValue(requestContext: Readonly<Record<string, unknown>>, path: string): string | undefined {
  const value = valueAtPath(requestContext, path)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}
