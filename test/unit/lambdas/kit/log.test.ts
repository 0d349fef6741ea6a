import { describe, expect, it } from '@jest/globals'
import { errorFields } from '../../../../lambdas/domain/kit/log.ts'

describe('the log fields of something thrown', () => {
  it('describe any value, and never throw', () => {
    const refuse = (): never => {
      throw new Error('not to be looked at')
    }
    const hostile = new Proxy({}, { get: refuse, getPrototypeOf: refuse })
    expect(errorFields(hostile)).toEqual({ error: 'Something was thrown that cannot be described.' })
    expect(errorFields(Object.create(null))).toEqual({ error: 'Something was thrown that cannot be described.' })
    expect(errorFields('gone')).toEqual({ error: 'gone' })
    expect(errorFields(new TypeError('wrong'))).toEqual({ error: 'TypeError: wrong', stack: expect.any(String) })
  })

  it('are cut where they are long', () => {
    const { error, stack } = errorFields(new Error('x'.repeat(1_000_000)))
    expect([String(error).length, String(stack).length]).toEqual([10_000, 10_000])
  })
})
