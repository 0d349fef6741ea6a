import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { modelAssembly } from '../assembly.ts'
import { playRound } from '../sequences/round.ts'
import type { Point } from '../sequences/sequence-faults.ts'
import { JOBS, type Command, type Fault, type Sequence } from '../sequences/sequence.ts'
import { startWorld, type World } from '../world.ts'

const SIDES = ['crashBefore', 'crashAfter'] as const
const TRIES = 5
const CLEAN_RUNS = 3

/** What is submitted, and by which way. A batch is the most that one delivery brings to a worker. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'one job over the socket': { commands: [{ type: 'submit', client: 0, jobs: ['a'], rest: false }] },
  'one job over REST': {
    commands: [
      { type: 'subscribe', client: 0, jobs: ['a'] },
      { type: 'submit', client: 0, jobs: ['a'], rest: true },
    ],
  },
  'a batch over the socket': { commands: [{ type: 'submit', client: 0, jobs: JOBS, rest: false }] },
  'a batch over REST': {
    commands: [
      { type: 'subscribe', client: 0, jobs: JOBS },
      { type: 'submit', client: 0, jobs: JOBS, rest: true },
    ],
  },
  // Whoever dies with the only slot of its task must not keep it.
  'jobs that run one at a time': {
    tasks: { a: 'limited', b: 'limited', c: 'limited' },
    commands: [{ type: 'submit', client: 0, jobs: ['a', 'b', 'c'], rest: false }],
  },
}

interface Scenario {
  readonly commands: readonly Command[]
  readonly tasks?: Sequence['tasks']
}

function sequence({ commands, tasks = {} }: Scenario, faults: readonly Fault[]): Sequence {
  return { tasks, commands, faults }
}

describe('a function that is killed', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld(await modelAssembly())
  }, 60_000)
  afterAll(() => world.close())

  it.each(Object.entries(SCENARIOS))(
    'before or after any AWS call it makes loses nothing: %s',
    async (_name, scenario) => {
      const points = await pointsOf(world, scenario)
      const crashes = points.flatMap((point) => SIDES.map((type) => ({ type, times: 1, ...point })))
      expect(crashes.length).toBeGreaterThanOrEqual(8)

      const lost: string[] = []
      let left = crashes
      // How a batch is cut into deliveries, and so which calls are made, is not the same in every run.
      for (let tries = 0; left.length > 0 && tries < TRIES; tries++) {
        const outcomes = await playRound(
          world,
          left.map((crash) => sequence(scenario, [crash])),
        )
        for (const [index, { violations }] of outcomes.entries()) {
          for (const { invariant, what } of violations) lost.push(`${nameOf(left[index]!)}: ${invariant} ${what}`)
        }
        // A job that neighbours took down with them, too, has its one crash again with fewer of them.
        left = left.filter((_, index) => outcomes[index]!.crashes === 0 || outcomes[index]!.givenUp > 0)
      }
      expect(lost).toEqual([])
      expect(left.map(nameOf)).toEqual([])
    },
    120_000,
  )
})

/** The calls that are made in every clean run. */
async function pointsOf(world: World, scenario: Scenario): Promise<readonly Point[]> {
  const runs: (readonly Point[])[] = []
  for (let run = 0; run < CLEAN_RUNS; run++) {
    const [clean] = await playRound(world, [sequence(scenario, [])])
    expect(clean!.violations).toEqual([])
    runs.push(clean!.points)
  }
  const isIn = (points: readonly Point[], { function: name, operation, nth }: Point): boolean =>
    points.some((point) => point.function === name && point.operation === operation && point.nth === nth)
  return runs[0]!.filter((point) => runs.every((points) => isIn(points, point)))
}

function nameOf({ type, function: name, operation, nth }: Point & { readonly type: string }): string {
  return `${type} ${name} ${operation} ${nth}`
}
