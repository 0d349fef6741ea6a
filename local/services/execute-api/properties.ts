import { AssemblyError } from '../../assembly/assembly-error.ts'
import { namedValues } from '../../named-values.ts'
import type { ResolvedResource } from '../service.ts'

/** Reads a typed property of a resolved resource. Throws an error that names a property of the wrong shape. */
export function textProperty(resource: ResolvedResource, name: string): string {
  const value = optionalText(resource, name)
  if (value === undefined) throw wrongProperty(resource, name, 'is missing')
  return value
}

export function optionalText(resource: ResolvedResource, name: string): string | undefined {
  const value = resource.properties[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' && typeof value !== 'number') throw wrongProperty(resource, name, 'must be a string')
  return String(value)
}

export function optionalNumber(resource: ResolvedResource, name: string): number | undefined {
  const text = optionalText(resource, name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isFinite(value)) throw wrongProperty(resource, name, 'must be a number')
  return value
}

export function textList(resource: ResolvedResource, name: string): string[] {
  const value = resource.properties[name] ?? []
  if (!Array.isArray(value)) throw wrongProperty(resource, name, 'must be a list')
  return value.map(String)
}

/** Reads a property that maps strings to strings. */
export function textMap(resource: ResolvedResource, name: string): Record<string, string> {
  return asTextMap(resource, name, resource.properties[name] ?? {})
}

export function asTextMap(resource: ResolvedResource, path: string, value: unknown): Record<string, string> {
  const entries = Object.entries(asObject(resource, path, value))
  return namedValues(entries.map(([key, item]) => [key, String(item)]))
}

export function asObject(resource: ResolvedResource, path: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongProperty(resource, path, 'must be an object')
  }
  return value as Record<string, unknown>
}

/** Refuses members of a nested object that are not implemented, as `requireKnownProperties` does for a resource. */
export function requireKnownMembers(
  resource: ResolvedResource,
  path: string,
  value: Record<string, unknown>,
  known: readonly string[],
): void {
  for (const member of Object.keys(value)) {
    if (!known.includes(member)) {
      throw wrongProperty(resource, `${path}.${member}`, 'is not implemented by the local cloud: remove it')
    }
  }
}

export function wrongProperty(resource: ResolvedResource, path: string, problem: string): AssemblyError {
  return new AssemblyError(`${resource.logicalId} (${resource.type}): ${path} ${problem}.`)
}
