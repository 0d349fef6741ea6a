import { describe, expect, it } from '@jest/globals'
import { exampleInput } from '../../../../cli/dev/example-input.ts'

const SOURCE = `export const tasks = {
  greet: defineTask({ run: (input: { name: string }) => input.name }),
  resize: defineTask({
    timeout: '30s',
    run: async (input: { readonly key: string; width: number; sharp?: boolean; kind: 'png' | 'jpeg' }, { signal }) => {
      return 1
    },
  }),
  sweep: defineTask({ run: () => 3 }),
  echo: defineTask({ run: <Value>(input: Value) => input }),
  shout: defineTask({ run(text: string) { return text } }),
  nested: defineTask({ run: (input: { order: Order; count: number }) => 1 }),
  'send-mail': defineTask({ run: ({ to }: { to: string }) => to }),
}`

describe('the example input of a task', () => {
  it.each<[string, unknown, boolean]>([
    ['greet', { name: 'Ada' }, false],
    ['resize', { key: 'example key', width: 1, kind: 'png' }, false],
    ['sweep', null, false],
    ['shout', 'example shout', false],
    ['send-mail', { to: 'example to' }, false],
    ['echo', {}, true],
    ['nested', { count: 1 }, true],
    ['missing', {}, true],
  ])('of %s is %j', (task, value, guessed) => {
    expect(exampleInput(SOURCE, task)).toEqual({ value, guessed })
  })
})
