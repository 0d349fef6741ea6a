import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { modelAssembly } from '../support/assembly.ts'
import { playRound } from '../sequences/round.ts'
import type { Point } from '../sequences/sequence-faults.ts'
import { JOBS, type Command, type Fault, type Sequence } from '../sequences/sequence.ts'
import { startWorld, type World } from '../support/world.ts'

const SIDES = ['crashBefore', 'crashAfter'] as const
const TRIES = 5
const CLEAN_RUNS = 3

/** The submits to play. A batch is the largest number of jobs that one delivery brings to a worker. */
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
  // A worker that dies with the only slot of its task must not keep it.
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
    'before or after any AWS call that it makes loses nothing: %s',
    async (_name, scenario) => {
      const points = await pointsOf(world, scenario)
      const crashes = points.flatMap((point) => SIDES.map((type) => ({ type, times: 1, ...point })))
      expect(crashes.length).toBeGreaterThanOrEqual(8)

      const lost: string[] = []
      let left = crashes
      // The cut of a batch into deliveries, and so the calls that are made, differ from run to run.
      for (let tries = 0; left.length > 0 && tries < TRIES; tries++) {
        const outcomes = await playRound(
          world,
          left.map((crash) => sequence(scenario, [crash])),
        )
        for (const [index, { violations }] of outcomes.entries()) {
          for (const { invariant, what } of violations) lost.push(`${pointName(left[index]!)}: ${invariant} ${what}`)
        }
        // A job that its neighbours crashed as well gets its one crash again, with fewer neighbours.
        left = left.filter((_, index) => outcomes[index]!.crashes === 0 || outcomes[index]!.givenUp > 0)
      }
      expect(lost).toEqual([])
      expect(left.map(pointName)).toEqual([])
    },
    120_000,
  )
})

/** Returns the calls that are made in every clean run. */
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

function pointName({ type, function: name, operation, nth }: Point & { readonly type: string }): string {
  return `${type} ${name} ${operation} ${nth}`
}
