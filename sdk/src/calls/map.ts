import type { Client } from '../client/client.ts'
import type { MapOptions, Settled } from '../api/types.ts'
import { MapRun } from './map-run.ts'
import type { Inputs } from './map-run.ts'

/** `map` of the client, awaited. */
export async function mapAll(client: Client, task: string, inputs: Inputs, options?: MapOptions): Promise<any[]> {
  const all: unknown[] = []
  for await (const item of mapEach(client, task, inputs, options)) all.push(item)
  return all
}

/** `map` of the client in a loop: one output after the other, or with `errors: 'collect'` how each job ended. */
export async function* mapEach(
  client: Client,
  task: string,
  inputs: Inputs,
  options?: MapOptions,
): AsyncGenerator<any, void, undefined> {
  const run = new MapRun(client, task, inputs, options, true)
  for await (const item of run.settled()) yield run.collects ? item : item.value
}

/** `stream` of the client. */
export function streamSettled(
  client: Client,
  task: string,
  inputs: Inputs,
  options?: MapOptions,
): AsyncGenerator<Settled<any>, void, undefined> {
  return new MapRun(client, task, inputs, options, false).settled()
}
