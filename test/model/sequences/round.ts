import type { Violation } from './model.ts'
import { Player } from './player.ts'
import type { Point } from './sequence-faults.ts'
import type { Sequence } from './sequence.ts'
import type { World } from '../support/world.ts'

export interface Outcome {
  readonly violations: readonly Violation[]
  /** The AWS calls that named the sequence while it was played. */
  readonly points: readonly Point[]
  /** The number of times that a function was killed for it. */
  readonly crashes: number
  /** The number of jobs that ended because their function was killed. */
  readonly givenUp: number
}

/** Longer than a message is hidden or waits in the functions of `modelAssembly`. */
const LONGEST_WAIT_MS = 31_000
/** Enough for a message that crashes its function each time: five receives, and five more as a dead letter. */
const MAX_PASSES = 20
/** A connection costs several invocations, so not every sequence asks for expired jobs over one. */
const SOCKETS_EVERY = 4
/** Longer than the seven days for which a result is kept. */
const EXPIRY_MS = 8 * 86_400_000

/**
 * Plays sequences side by side, each in its own namespace, then lets the cloud come to rest. Checks every invariant for
 * each of them: at the ends, after every message was delivered and every job submitted once more, and after the records
 * have expired.
 */
export async function playRound(world: World, sequences: readonly Sequence[]): Promise<Outcome[]> {
  const players = await Promise.all(sequences.map((sequence) => Player.create(world, sequence)))
  const clock = new SharedPasses(world, players.length)
  await Promise.all(players.map((player) => player.play(clock.pass).finally(clock.leave)))
  // Work that has begun still meets its faults, and so do the retries after them.
  await world.idle()
  if (world.cloud.activity().hidden > 0) await world.clock.advance(LONGEST_WAIT_MS)
  await world.idle()
  for (const player of players) player.heal()
  await all(players, (player) => player.finishReruns())
  await all(players, (player) => player.finishExternal())
  await comeToRest(world, players)
  await all(players, (player) => player.checkEnds())

  await all(players, (player) => player.deliverAgain())
  await comeToRest(world, players)
  await all(players, (player) => player.checkUnchanged('I6'))
  await all(players, (player) => player.submitAgain())
  await comeToRest(world, players)
  await all(players, (player) => player.checkUnchanged('I5'))
  await all(players, (player) => player.delete())
  await comeToRest(world, players)
  await all(players, (player) => player.submitDeleted())
  await comeToRest(world, players)
  await all(players, (player) => player.checkSubmittedAnew())

  for (const player of players) player.leave()
  await world.idle()
  await world.clock.advance(EXPIRY_MS)
  await all(players, (player, index) => player.checkExpired(index % SOCKETS_EVERY === 0))
  await comeToRest(world, [])
  return players.map(({ violations, points, crashes, givenUp }) => ({ violations, points, crashes, givenUp }))
}

/** Waits until no message is left and every client has the updates it missed. */
async function comeToRest(world: World, players: readonly Player[]): Promise<void> {
  for (let passes = 0; passes < MAX_PASSES; passes++) {
    await world.idle()
    const resumed = await Promise.all(players.map((player) => player.resume()))
    await world.idle()
    if (resumed.every(Boolean) && world.cloud.activity().hidden === 0) return
    if (world.cloud.activity().hidden > 0) await world.clock.advance(LONGEST_WAIT_MS)
  }
  throw new Error(`The queues never became empty: ${JSON.stringify(world.cloud.activity())}`)
}

function all(players: readonly Player[], step: (player: Player, index: number) => Promise<void>): Promise<unknown> {
  return Promise.all(players.map(step))
}

/** Puts the clock forward once all players wait for it, so that nobody's function is cut off by another's pass. */
class SharedPasses {
  readonly #world: World
  readonly #waiting: { readonly seconds: number; readonly go: () => void }[] = []
  #playing: number

  constructor(world: World, players: number) {
    this.#world = world
    this.#playing = players
  }

  readonly pass = (seconds: number): Promise<void> =>
    new Promise((go) => {
      this.#waiting.push({ seconds, go })
      this.#check()
    })

  readonly leave = (): void => {
    this.#playing--
    this.#check()
  }

  #check(): void {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#playing) return
    const waiting = this.#waiting.splice(0)
    const seconds = Math.max(...waiting.map((each) => each.seconds))
    void this.#world
      .idle()
      .then(() => this.#world.clock.advance(seconds * 1_000))
      .then(() => waiting.forEach(({ go }) => go()))
  }
}
