import { isDeepStrictEqual } from 'node:util'
import type { CreatedResource, MadeResource, ResolvedResource } from '../services/service.ts'
import { NESTED_STACK, type DeployedStacks, type ResourcePlace } from './deployment.ts'
import type { ResourceTypes } from './resource-types.ts'

/** The changes of an update, each as `<stack>/<logical id>`. */
export interface UpdateSummary {
  readonly created: readonly string[]
  readonly updated: readonly string[]
  /** Made anew, because they cannot change in place. */
  readonly replaced: readonly string[]
  readonly removed: readonly string[]
  /** What was lost, in sentences: for whoever watches. */
  readonly warnings: readonly string[]
}

export interface UpdateOptions {
  readonly old: DeployedStacks
  /** The new stacks as a trial has made them. */
  readonly trial: DeployedStacks
  readonly types: ResourceTypes
  readonly warn: (message: string) => void
}

/** Changes the resources of a running cloud one by one. Each step can be taken back. */
export class Update {
  readonly summary = {
    created: [] as string[],
    updated: [] as string[],
    replaced: [] as string[],
    removed: [] as string[],
    warnings: [] as string[],
  }
  readonly #options: UpdateOptions
  readonly #old = new Map<string, MadeResource>()
  /** The old resources that the new templates have no more, or have under another name. */
  readonly #leftOver: Map<string, MadeResource>
  readonly #undo: (() => void | Promise<void>)[] = []

  constructor(options: UpdateOptions) {
    this.#options = options
    for (const { stackName, resources } of options.old.values()) {
      for (const [logicalId, made] of resources) {
        // A nested stack is nothing but its resources, which are here by themselves.
        if (made.resource.type !== NESTED_STACK) this.#old.set(placeName({ stackName, logicalId }), made)
      }
    }
    this.#leftOver = new Map(this.#old)
  }

  /** Makes a resource of the new templates from what there is: keeps it, changes it, or makes it. */
  async make(place: ResourcePlace, resource: ResolvedResource): Promise<CreatedResource> {
    const name = placeName(place)
    const trial = this.#options.trial.get(place.stackName)?.resources.get(place.logicalId)?.created
    const found = this.#findOld(name, resource, trial)
    if (found === undefined) return await this.#create(name, resource)
    const [oldName, old] = found
    this.#leftOver.delete(oldName)
    const { logicalId, properties } = old.resource
    if (logicalId === resource.logicalId && isDeepStrictEqual(properties, resource.properties)) return old.created
    return (await this.#update(name, resource, old)) ?? (await this.#replace(name, resource, old))
  }

  /** Removes what the new templates do not have. It cannot be taken back, so it comes last and never fails. */
  async removeLeftOver(): Promise<void> {
    for (const [name, old] of [...this.#leftOver].toReversed()) {
      this.summary.removed.push(name)
      const { remove, holds } = this.#options.types.changes(old.resource.type)
      const held = holds?.(old)
      if (held !== undefined) this.#warn(`${name} (${old.resource.type}) is removed, with ${held}.`)
      try {
        await remove?.(old)
      } catch (error) {
        this.#options.warn(`${name} could not be removed: ${String(error)}`)
      }
    }
  }

  /** Takes every step back, the last one first. */
  async takeBack(): Promise<void> {
    for (const step of this.#undo.toReversed()) {
      try {
        await step()
      } catch (error) {
        this.#options.warn(`A step of the failed update could not be taken back: ${String(error)}`)
      }
    }
  }

  /** A resource stays itself if its place or its name in AWS stays. */
  #findOld(
    name: string,
    { type }: ResolvedResource,
    trial: CreatedResource | undefined,
  ): [string, MadeResource] | undefined {
    const isSame = ({ resource, created }: MadeResource): boolean =>
      resource.type === type && (trial === undefined || created.ref === trial.ref)
    const atPlace = this.#old.get(name)
    if (atPlace !== undefined && isSame(atPlace)) return [name, atPlace]
    return [...this.#leftOver].find(([, made]) => isSame(made))
  }

  async #create(name: string, resource: ResolvedResource): Promise<CreatedResource> {
    const { types } = this.#options
    const created = await types.create(resource)
    this.#undo.push(() => types.changes(resource.type).remove?.({ resource, created }))
    const renamed = this.#old.get(name)?.resource.type === resource.type
    this.summary[renamed ? 'replaced' : 'created'].push(name)
    return created
  }

  async #update(name: string, resource: ResolvedResource, old: MadeResource): Promise<CreatedResource | undefined> {
    const { update } = this.#options.types.changes(resource.type)
    const created = await update?.(resource, old)
    if (created === undefined) return undefined
    this.#undo.push(async () => void (await update!(old.resource, { resource, created })))
    this.summary.updated.push(name)
    return created
  }

  async #replace(name: string, resource: ResolvedResource, old: MadeResource): Promise<CreatedResource> {
    const { types } = this.#options
    const { remove, holds } = types.changes(resource.type)
    const held = holds?.(old)
    await remove?.(old)
    this.#undo.push(async () => void (await types.create(old.resource)))
    const created = await types.create(resource)
    this.#undo.push(() => remove?.({ resource, created }))
    // Nobody can tell a new one from a changed one if it holds nothing.
    this.summary[holds === undefined ? 'updated' : 'replaced'].push(name)
    if (held !== undefined) {
      this.#warn(`${name} (${resource.type}) cannot change in place: it is made anew, without ${held}.`)
    }
    return created
  }

  #warn(message: string): void {
    this.summary.warnings.push(message)
    this.#options.warn(message)
  }
}

function placeName({ stackName, logicalId }: ResourcePlace): string {
  return `${stackName}/${logicalId}`
}
