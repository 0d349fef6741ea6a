import type { LocalService, ResolvedResource, ResourceChanges, ResourceFactory } from '../services/service.ts'

/** The resource types of all services. */
export interface ResourceTypes {
  /** Returns false for a type that becomes a stand-in. */
  has(type: string): boolean
  create: ResourceFactory
  changes(type: string): ResourceChanges
}

/** Types that CDK puts in every template and that need nothing made. */
const INERT: Readonly<Record<string, ResourceFactory>> = {
  'AWS::CDK::Metadata': ({ logicalId }) => ({ ref: logicalId, attributes: {} }),
}

/** Collects the types of the services. `standIn` makes every other type. */
export function collectResourceTypes(services: readonly LocalService[], standIn: ResourceFactory): ResourceTypes {
  const factories = new Map<string, ResourceFactory>(Object.entries(INERT))
  const changes = new Map<string, ResourceChanges>()
  for (const service of services) {
    for (const [type, factory] of Object.entries(service.resources)) {
      if (factories.has(type)) throw new Error(`Two services make ${type}; the second is ${service.name}.`)
      factories.set(type, factory)
    }
    for (const [type, change] of Object.entries(service.changes ?? {})) changes.set(type, change)
  }
  return {
    has: (type) => factories.has(type),
    create: (resource: ResolvedResource) => (factories.get(resource.type) ?? standIn)(resource),
    changes: (type) => changes.get(type) ?? { update: factories.get(type) ?? standIn },
  }
}
