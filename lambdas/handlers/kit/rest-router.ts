import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import type { RouteName } from '../../../protocol/wire/rest.ts'
import { ROUTES } from '../../../protocol/wire/rest.ts'
import { shortenText } from '../../../protocol/kit/shorten-text.ts'

export interface RouteMatch {
  readonly name: RouteName
  readonly parameters: Readonly<Record<string, string>>
}

/** The route of a request, or the refusal with the headers that belong to its answer. */
export type RouteResult = Parsed<RouteMatch> & { readonly headers?: Readonly<Record<string, string>> }

/**
 * Finds the route of a request.
 *
 * @example
 * findRoute('GET', '/jobs/a%3Ab') // { ok: true, value: { name: 'GET /jobs/{id}', parameters: { id: 'a:b' } } }
 */
export function findRoute(method: string, path: string): RouteResult {
  const segments = segmentsOf(path)
  const matches = ROUTES.flatMap((route) => {
    const parameters = matchPath(segmentsOf(route.path), segments)
    return parameters === undefined ? [] : [{ route, parameters }]
  })
  const found = matches.find(({ route }) => route.method === method)
  if (found !== undefined) return accept({ name: routeName(found.route), parameters: found.parameters })
  const shown = shortenText(decodeSegment(path), 100)
  if (matches.length === 0) {
    const known = ROUTES.map((route) => `${route.method} ${route.path}`).join(', ')
    return refuse('UNKNOWN_ROUTE', `There is no route ${shown}. The routes are: ${known}.`)
  }
  const allow = matches.map(({ route }) => route.method).join(', ')
  const refusal = refuse('METHOD_NOT_ALLOWED', `${shown} does not take ${method}: use ${allow}.`)
  return { ...refusal, headers: { allow } }
}

function routeName({ method, path }: (typeof ROUTES)[number]): RouteName {
  return `${method} ${path}` as RouteName
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

function matchPath(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index]!
    if (part.startsWith('{')) parameters[part.slice(1, -1)] = decodeSegment(segment)
    else if (part !== segment) return undefined
  }
  return parameters
}

/** A segment that cannot be decoded stays as it is, and is refused later as an invalid id. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
