import type { World } from './world.ts'

/** Past the visibility timeout of webhooks, and of jobs. */
const VISIBILITY_MS = 181_000
const MAX_PASSES = 20
/** As a client that got no answer asks again. */
const ASKS = 8

/** Asks until there is an answer that is not the platform's own fault. */
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

/** Until nothing runs, and nothing waits to come again. */
export async function settle(world: World): Promise<void> {
  for (let passes = 0; passes < MAX_PASSES; passes++) {
    await world.idle()
    if (world.cloud.activity().hidden === 0) return
    await world.clock.advance(VISIBILITY_MS)
  }
}
