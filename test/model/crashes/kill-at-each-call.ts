import { expect } from '@jest/globals'
import type { Point } from '../sequences/sequence-faults.ts'
import type { Fault } from '../sequences/sequence.ts'

/** Calls run side by side, so a call does not have the same place in every run. */
const TRIES = 5

/** The result of one play. */
export interface Killed {
  readonly crashes: number
  readonly wrong: readonly string[]
}

/** Plays once for each call and side of it, kills the function there, and asserts that nothing is wrong then. */
export async function killAtEachCall(
  points: readonly Point[],
  play: (crashes: readonly Fault[]) => Promise<readonly Killed[]>,
): Promise<void> {
  const crashes = points.flatMap((point) =>
    (['crashBefore', 'crashAfter'] as const).map((type): Fault => ({ type, times: 1, ...point })),
  )
  expect(crashes.length).toBeGreaterThanOrEqual(8)
  const lost: string[] = []
  let left = crashes
  for (let tries = 0; left.length > 0 && tries < TRIES; tries++) {
    const played = await play(left)
    for (const [index, { wrong }] of played.entries())
      lost.push(...wrong.map((what) => `${faultName(left[index]!)}: ${what}`))
    left = left.filter((_, index) => played[index]!.crashes === 0)
  }
  expect(lost).toEqual([])
  expect(left.map(faultName)).toEqual([])
}

function faultName({ type, function: name, operation, nth }: Fault): string {
  return `${type} ${name} ${operation} ${nth}`
}
