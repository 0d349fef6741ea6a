import type { World } from './world.ts'

/** Longer than the visibility timeout of webhooks, and of jobs. */
const VISIBILITY_MS = 181_000
const MAX_PASSES = 20
/** The number of tries. A client that gets no answer asks again, too. */
const ASKS = 8

/** Asks until the platform does not answer with a server error. */
export async function ask(world: World, namespace: string, method: string, path: string, body?: object): Promise<any> {
  for (let attempt = 0; attempt < ASKS; attempt++) {
    const answer = await fetch(`${world.restUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${await world.token(namespace)}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (answer.status < 500) return answer.json()
  }
  throw new Error(`${method} ${path} of ${namespace} was never answered.`)
}

/** Waits until nothing runs and no message is hidden. */
export async function comeToRest(world: World): Promise<void> {
  for (let passes = 0; passes < MAX_PASSES; passes++) {
    await world.idle()
    if (world.cloud.activity().hidden === 0) return
    await world.clock.advance(VISIBILITY_MS)
  }
}
