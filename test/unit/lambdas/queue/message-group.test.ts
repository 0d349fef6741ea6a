import { describe, expect, it } from '@jest/globals'
import { createMessageGroups, namespaceGroup } from '../../../../lambdas/aws/queue/message-group.ts'
import { ManualClock } from '../../../../local/clock.ts'

const groupsOf = (clock = new ManualClock()) => {
  const groupOf = createMessageGroups(clock)
  /** The message groups of so many jobs, one after the other. */
  const send = (count: number, group: (index: number) => string | undefined, namespace = 'acme') =>
    Array.from({ length: count }, (_, index) => {
      const name = group(index)
      return groupOf({ namespace, ...(name === undefined ? {} : { group: name }) })
    })
  return { clock, send }
}
const countQuiet = (groups: readonly string[]) => groups.filter((group) => group.endsWith('/~')).length

describe('the message group of a job (I11)', () => {
  it.each<[string, (index: number) => string | undefined]>([
    ['no group', () => undefined],
    ['one group', () => 'large'],
  ])('is the quiet one of its namespace for the first ten of a flood of %s', (_what, group) => {
    const { send } = groupsOf()
    const sent = send(2_000, group)
    expect(sent.slice(0, 10)).toEqual(Array(10).fill('acme/~'))
    expect(new Set(sent.slice(10))).toEqual(new Set(['acme']))
  })

  it('is one of two, however many groups a namespace has, and the quiet one takes a few only', () => {
    const { send } = groupsOf()
    const sent = send(10_000, (index) => `group-${index}`)
    expect(new Set(sent)).toEqual(new Set(['acme', 'acme/~']))
    expect(countQuiet(sent)).toBe(50)
  })

  it('is the quiet one for a group that sends little beside a flood of its namespace', () => {
    const { send } = groupsOf()
    send(10_000, () => 'large')
    expect(new Set(send(10, () => 'small'))).toEqual(new Set(['acme/~']))
    expect(new Set(send(10, () => undefined))).toEqual(new Set(['acme/~']))
  })

  it('depends on the last ten seconds', async () => {
    const { clock, send } = groupsOf()
    send(2_000, (index) => `group-${index}`)
    await clock.advance(9_999)
    expect(countQuiet(send(10, () => 'new'))).toBe(0)
    await clock.advance(1)
    expect(countQuiet(send(10, () => 'new'))).toBe(10)
    // A flood that goes on does not get places again and again.
    await clock.advance(10_000)
    let quiet = 0
    for (let second = 0; second < 60; second++) {
      quiet += countQuiet(send(100, () => 'large'))
      await clock.advance(1_000)
    }
    expect(quiet).toBe(10)
  })

  it('is not moved by what other namespaces send', () => {
    const { send } = groupsOf()
    for (let tenant = 0; tenant < 100; tenant++) send(100, (index) => `group-${index}`, `tenant-${tenant}`)
    expect(send(1, () => 'small', 'other')).toEqual(['other/~'])
  })

  it('is short enough for SQS', () => {
    const namespace = 'n'.repeat(128)
    const { send } = groupsOf()
    expect(namespaceGroup(namespace)).toHaveLength(128)
    expect(send(1, () => undefined, namespace)[0]).toBe(`${'n'.repeat(126)}/~`)
  })
})
