import { expect, it } from '@jest/globals'
import type { DeployedStacks } from '../../../local/assembly/deployment.ts'
import type { ResourceTypes } from '../../../local/assembly/resource-types.ts'
import { Update } from '../../../local/assembly/update.ts'
import type { MadeResource, ResolvedResource } from '../../../local/services/service.ts'

const thing = (logicalId: string, size: number): ResolvedResource => ({
  logicalId,
  type: 'Thing',
  properties: { size, name: logicalId },
})

function stacksOf(...resources: readonly ResolvedResource[]): DeployedStacks {
  const made = resources.map((resource): [string, MadeResource] => [
    resource.logicalId,
    { resource, created: { ref: String(resource.properties['name']), attributes: {} } },
  ])
  const stack = { stackName: 'Stack', stackId: 'id', outputs: {}, exportNames: {}, dummyParameters: [] }
  return new Map([['Stack', { ...stack, resources: new Map(made) }]])
}

/** A type whose things are kept by name. A thing of size 13 cannot be made. */
function fakeTypes(existing: Map<string, number>): ResourceTypes {
  const put = ({ properties: { name, size } }: ResolvedResource) => {
    if (size === 13) throw new Error('bad luck')
    existing.set(String(name), Number(size))
    return { ref: String(name), attributes: {} }
  }
  return {
    has: () => true,
    create: put,
    changes: () => ({
      // An odd size cannot become an even one.
      update: (resource, old) =>
        (Number(resource.properties['size']) + Number(old.resource.properties['size'])) % 2 === 0
          ? put(resource)
          : undefined,
      remove: ({ created: { ref } }) => void existing.delete(ref),
    }),
  }
}

async function update(old: readonly ResolvedResource[], next: readonly ResolvedResource[]) {
  const existing = new Map(old.map(({ logicalId, properties }) => [logicalId, Number(properties['size'])]))
  const made = new Update({
    old: stacksOf(...old),
    trial: stacksOf(...next),
    types: fakeTypes(existing),
    warn: () => undefined,
  })
  const run = async (): Promise<void> => {
    for (const resource of next) await made.make({ stackName: 'Stack', logicalId: resource.logicalId }, resource)
  }
  return { existing, made, run }
}

it('takes every step back if a later one fails', async () => {
  const old = [thing('Kept', 1), thing('Changed', 2), thing('Replaced', 3), thing('Gone', 4)]
  const next = [thing('Kept', 1), thing('New', 5), thing('Changed', 6), thing('Replaced', 8), thing('Broken', 13)]
  const { existing, made, run } = await update(old, next)
  const before = new Map(existing)
  await expect(run()).rejects.toThrow('bad luck')
  expect(existing).not.toEqual(before)
  await made.takeBack()
  expect(existing).toEqual(before)
})

it('keeps a resource that moves to another place under the same name', async () => {
  const { existing, made, run } = await update([thing('Old', 2)], [])
  await run()
  const moved = { ...thing('Old', 2), logicalId: 'Moved' }
  const other = new Update({
    old: stacksOf(thing('Old', 2)),
    trial: stacksOf(moved),
    types: fakeTypes(existing),
    warn: () => undefined,
  })
  await other.make({ stackName: 'Stack', logicalId: 'Moved' }, moved)
  await other.removeLeftOver()
  expect(other.summary.removed).toEqual([])
  await made.removeLeftOver()
  expect(made.summary.removed).toEqual(['Stack/Old'])
  expect(existing.size).toBe(0)
})
