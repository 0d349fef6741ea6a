import { expect, it } from '@jest/globals'
import { LogGroup } from '../../../local/services/logs/log-group.ts'

function fill(group: LogGroup, count: number, message: string): void {
  for (let sequence = 0; sequence < count; sequence++) {
    group.write({ sequence, timestamp: sequence, streamName: sequence === 0 ? 'first' : 'second', message })
  }
}

it('keeps the newest 20,000 events of a group, and the streams that have some', () => {
  const group = new LogGroup('group', 0)
  fill(group, 50_000, 'x')
  expect(group.events.length).toBeGreaterThan(17_000)
  expect(group.events.length).toBeLessThanOrEqual(20_000)
  expect(group.events.at(-1)!.sequence).toBe(49_999)
  expect(group.streams.map(({ name }) => name)).toEqual(['second'])
})

it('keeps 16 MB of a group', () => {
  const group = new LogGroup('group', 0)
  fill(group, 100, 'x'.repeat(1024 * 1024))
  expect(group.bytes).toBeLessThanOrEqual(16 * 1024 * 1024)
  expect(group.events.length).toBeGreaterThan(12)
})
