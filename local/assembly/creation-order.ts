import { AssemblyError } from './assembly-error.ts'
import { referencesOf } from './intrinsics.ts'
import type { Template } from './template.ts'

/**
 * Orders the logical ids of a template so that each comes after all that it refers to or depends on; otherwise the
 * template's order stays. Throws if a reference leads nowhere or if references form a circle.
 */
export function creationOrder(template: Template): string[] {
  const needs = new Map<string, ReadonlySet<string>>()
  for (const logicalId of Object.keys(template.resources)) needs.set(logicalId, neededBy(logicalId, template))

  const order: string[] = []
  const done = new Set<string>()
  const path: string[] = []
  const visit = (logicalId: string): void => {
    if (done.has(logicalId)) return
    if (path.includes(logicalId)) {
      const circle = [...path.slice(path.indexOf(logicalId)), logicalId].join(' -> ')
      throw new AssemblyError(`The resources depend on each other in a circle: ${circle}.`)
    }
    path.push(logicalId)
    for (const needed of needs.get(logicalId)!) visit(needed)
    path.pop()
    done.add(logicalId)
    order.push(logicalId)
  }
  for (const logicalId of needs.keys()) visit(logicalId)
  return order
}

function neededBy(logicalId: string, template: Template): Set<string> {
  const { Properties: properties, DependsOn: dependsOn = [] } = template.resources[logicalId]!
  const references = referencesOf(properties, logicalId)
  const needed = new Set([dependsOn].flat())
  for (const name of references) {
    if (name.startsWith('AWS::') || Object.hasOwn(template.parameters, name)) continue
    needed.add(name)
  }
  for (const name of needed) {
    if (!Object.hasOwn(template.resources, name)) {
      throw new AssemblyError(`${logicalId} refers to ${name}, which the template does not have.`)
    }
  }
  return needed
}
