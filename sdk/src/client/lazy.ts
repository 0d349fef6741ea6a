import type { Client } from './client.ts'
import { JobwireError } from '../api/errors.ts'
import type { VerbName } from '../calls/verbs.ts'

/** What most programs never call, or not at first, is loaded when it is called. */
export async function call<Answer>(verb: VerbName, client: Client, args: readonly unknown[]): Promise<Answer> {
  const { verbs } = await import('../calls/verbs.ts').catch((cause: unknown) => {
    throw new JobwireError('UNREACHABLE', 'A part of the SDK did not load: try again.', { cause })
  })
  return (verbs[verb] as (...all: readonly unknown[]) => Answer)(client, ...args)
}

/** The same for a call that gives many answers: begins once the first is asked for. */
export async function* iterate<Item>(
  verb: VerbName,
  client: Client,
  args: readonly unknown[],
): AsyncGenerator<Item, void, undefined> {
  yield* await call<AsyncGenerator<Item, void, undefined>>(verb, client, args)
}
