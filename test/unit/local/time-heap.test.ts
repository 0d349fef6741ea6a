import { expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { TimeHeap } from '../../../local/services/sqs/time-heap.ts'

it('returns the earliest remaining entry, whatever was removed before', () => {
  const steps = fc.array(fc.oneof(fc.record({ add: fc.nat(50) }), fc.record({ remove: fc.nat() })), { maxLength: 200 })
  fc.assert(
    fc.property(steps, (commands) => {
      const heap = new TimeHeap<number>()
      let entries: ReturnType<typeof heap.add>[] = []
      for (const command of commands) {
        if ('add' in command) {
          entries.push(heap.add(command.add, command.add))
        } else if (entries.length > 0) {
          const entry = entries[command.remove % entries.length]!
          entries = entries.filter((other) => other !== entry)
          heap.remove(entry)
        }
        const least = entries.length === 0 ? undefined : Math.min(...entries.map(({ time }) => time))
        expect(heap.peek()?.time).toBe(least)
      }
    }),
  )
})
