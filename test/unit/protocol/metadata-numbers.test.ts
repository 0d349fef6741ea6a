import { expect, it } from '@jest/globals'
import { parseJobRequest } from '../../../protocol/submit/parse-job.ts'

it.each([1e126, -1e126, 1e-131, 5e-324, Number.MAX_VALUE])(
  'a number in the metadata that no table can keep is refused: %p',
  (number) => {
    expect(parseJobRequest({ task: 'echo', metadata: { n: number } })).toMatchObject({
      ok: false,
      error: { code: 'INVALID_REQUEST', path: 'metadata.n' },
    })
  },
)

it.each([0, -0, 1, -1.5, 9e125, 1e-130, Number.MAX_SAFE_INTEGER])(
  'a number that a table can keep is taken: %p',
  (n) => {
    expect(parseJobRequest({ task: 'echo', metadata: { n } })).toMatchObject({ ok: true })
  },
)
