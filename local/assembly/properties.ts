import type { ResolvedResource } from '../services/service.ts'
import { AssemblyError } from './assembly-error.ts'

/** Properties of any resource that change nothing a program could observe here. */
const ALWAYS_HARMLESS = ['Tags', 'Description']

/**
 * Refuses properties that a service does not implement, so that none is ignored silently. `harmless` lists properties
 * that are left out on purpose: on AWS they change cost, logging or durability, but nothing that a program can observe
 * on a laptop.
 */
export function requireKnownProperties(
  resource: ResolvedResource,
  { implemented, harmless = [] }: { implemented: readonly string[]; harmless?: readonly string[] },
): void {
  const known = new Set([...implemented, ...harmless, ...ALWAYS_HARMLESS])
  for (const property of Object.keys(resource.properties)) {
    if (!known.has(property)) {
      throw new AssemblyError(
        `${resource.logicalId} (${resource.type}): the local cloud does not implement the property ${property}. ` +
          `Leave it out where the app is synthesized for the local cloud.`,
      )
    }
  }
}

/** Reads a property that is a whole number. CloudFormation takes numbers as texts, too. */
export function wholeProperty(
  { logicalId, type, properties }: ResolvedResource,
  property: string,
  { byDefault, least, most }: { readonly byDefault: number; readonly least: number; readonly most: number },
): number {
  const value = Number(properties[property] ?? byDefault)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new AssemblyError(`${logicalId} (${type}): ${property} must be a whole number from ${least} to ${most}.`)
}
