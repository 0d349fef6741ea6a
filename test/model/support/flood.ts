import { Rest } from './rest.ts'
import type { World } from './world.ts'
import type { Violation } from '../sequences/model.ts'

const JOBS_PER_REQUEST = 100
const REQUESTS = 10
/** At most this share of the flood may have begun before the other namespace's job ends. */
const SHARE = 0.5

/**
 * Floods the queue from one namespace, with a group for each job, and checks that a job of another namespace does not
 * wait for them all (I11).
 */
export async function checkFlood(world: World): Promise<readonly Violation[]> {
  const [flooding, other] = [world.newNamespace(), world.newNamespace()]
  const rest = new Rest(world, flooding)
  const ids = Array.from({ length: REQUESTS * JOBS_PER_REQUEST }, (_, index) => `${flooding}.${index}`)
  // New environments would cost time that has nothing to do with turns.
  await runJob(world, other, 'first')
  await Promise.all(
    Array.from({ length: REQUESTS }, (_, request) => {
      const some = ids.slice(request * JOBS_PER_REQUEST, (request + 1) * JOBS_PER_REQUEST)
      return rest.submit(some.map((id) => ({ id, task: 'short', group: id })))
    }),
  )
  const begun = (): number => ids.filter((id) => world.runsOf(id) > 0).length
  const before = begun()
  await runJob(world, other, 'second')
  const meanwhile = begun() - before
  await world.idle()
  if (meanwhile <= ids.length * SHARE) return []
  return [{ invariant: 'I11', what: `${meanwhile} of ${ids.length} jobs of another namespace began before one job` }]
}

async function runJob(world: World, namespace: string, name: string): Promise<void> {
  const rest = new Rest(world, namespace)
  const id = `${namespace}.${name}`
  await rest.submit([{ id, task: 'noop' }])
  while ((await rest.job(id))?.finishedAt === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
}
