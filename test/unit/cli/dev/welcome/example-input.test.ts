import { describe, expect, it } from '@jest/globals'
import { exampleInput } from '../../../../../cli/dev/welcome/example-input.ts'

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
  checked: defineTask({
    input: z.object({ key: z.string(), width: z.number().default(640), kind: z.enum(['png', 'jpeg']), to: z.email() }),
    run: async ({ key, width }) => key,
  }),
  primes: defineTask({
    input: v.object({
      below: v.pipe(v.number(), v.integer(), v.minValue(0)),
      label: v.optional(v.string()),
    }),
    run: (input: { below: number }) => 1,
  }),
  coded: defineTask({ input: z.object({ code: z.string().regex(/^A/) }), run: ({ code }) => code }),
  'send-mail': defineTask({ run: ({ to }: { to: string }) => to }),
}`

describe('the example input of a task', () => {
  it.each<[string, unknown, boolean]>([
    ['greet', { name: 'Ada' }, false],
    ['resize', { key: 'example key', width: 1, kind: 'png' }, false],
    ['sweep', null, false],
    ['shout', 'example shout', false],
    ['send-mail', { to: 'example to' }, false],
    ['checked', { key: 'example key', kind: 'png', to: 'ada@example.com' }, false],
    ['primes', { below: 1 }, false],
    ['coded', {}, true],
    ['echo', {}, true],
    ['nested', { count: 1 }, true],
    ['missing', {}, true],
  ])('of %s is %j', (task, value, guessed) => {
    expect(exampleInput(SOURCE, task)).toEqual({ value, guessed })
  })
})
