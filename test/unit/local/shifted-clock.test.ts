import { describe, expect, it } from '@jest/globals'
import { ShiftedClock } from '../../../local/shifted-clock.ts'

describe('a clock that can be moved forward', () => {
  it('goes on by itself, and is ahead by as much as it was moved', async () => {
    const clock = new ShiftedClock()
    const before = Date.now()
    await clock.advance(86_400_000)
    expect(clock.now()).toBeGreaterThanOrEqual(before + 86_400_000)
    expect(new Float64Array(clock.offset)[0]).toBe(86_400_000)
  })

  it('rings due alarms once and in order, and none that is cancelled or not due', async () => {
    const clock = new ShiftedClock()
    const rung: string[] = []
    clock.after(20_000, () => rung.push('second'))
    clock.after(10_000, () => rung.push('first'))
    clock.after(10_000, () => rung.push('cancelled'))()
    const cancelLater = clock.after(40_000, () => rung.push('later'))
    await clock.advance(30_000)
    expect(rung).toEqual(['first', 'second'])
    await clock.advance(30_000)
    expect(rung).toEqual(['first', 'second', 'later'])
    cancelLater()
  })

  it('rings by itself, too', async () => {
    const clock = new ShiftedClock()
    await expect(new Promise((resolve) => clock.after(1, () => resolve('rung')))).resolves.toBe('rung')
  })
})
