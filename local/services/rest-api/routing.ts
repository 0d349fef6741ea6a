import { decodePathPart } from '../../wire/decode-path-part.ts'
import type { ApiResource, Method, RestApi } from './rest-api.ts'

export interface RouteMatch {
  readonly resource: ApiResource
  /** `/jobs/{id}`. */
  readonly resourcePath: string
  readonly pathParameters: Readonly<Record<string, string>>
  readonly method: Method
}

/**
 * Finds the method that a request reaches. At each step a literal part wins over a parameter, and a parameter over a
 * greedy one. The method itself wins over ANY.
 */
export function matchRoute(api: RestApi, httpMethod: string, path: string): RouteMatch | undefined {
  const segments = path === '/' ? [] : path.slice(1).split('/')
  return descend(api, api.resources.get(api.rootResourceId)!, '', segments, {}, httpMethod)
}

function descend(
  api: RestApi,
  resource: ApiResource,
  resourcePath: string,
  segments: readonly string[],
  pathParameters: Readonly<Record<string, string>>,
  httpMethod: string,
): RouteMatch | undefined {
  const [segment, ...rest] = segments
  if (segment === undefined) {
    const method = resource.methods.get(httpMethod) ?? resource.methods.get('ANY')
    return method && { resource, resourcePath: resourcePath || '/', pathParameters, method }
  }
  for (const child of childrenOf(api, resource.id)) {
    const { pathPart } = child
    const childPath = `${resourcePath}/${pathPart}`
    const greedy = /^\{(.+)\+\}$/.exec(pathPart)?.[1]
    const name = /^\{(.+)\}$/.exec(pathPart)?.[1]
    let match: RouteMatch | undefined
    if (greedy !== undefined) {
      const parameters = { ...pathParameters, [greedy]: decodePathPart(segments.join('/')) }
      match = descend(api, child, childPath, [], parameters, httpMethod)
    } else if (name !== undefined && segment !== '') {
      match = descend(api, child, childPath, rest, { ...pathParameters, [name]: decodePathPart(segment) }, httpMethod)
    } else if (decodePathPart(segment) === pathPart) {
      match = descend(api, child, childPath, rest, pathParameters, httpMethod)
    }
    if (match !== undefined) return match
  }
  return undefined
}

function childrenOf(api: RestApi, parentId: string): ApiResource[] {
  const rank = ({ pathPart }: ApiResource): number => (pathPart.endsWith('+}') ? 2 : pathPart.startsWith('{') ? 1 : 0)
  return [...api.resources.values()]
    .filter((resource) => resource.parentId === parentId)
    .sort((left, right) => rank(left) - rank(right))
}
