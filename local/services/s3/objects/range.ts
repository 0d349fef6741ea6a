import { AwsError } from '../../../wire/call.ts'
import { invalidArgument } from '../wire/errors.ts'

export interface ByteRange {
  readonly first: number
  /** Inclusive. */
  readonly last: number
}

/** Reads `bytes=0-99`, `bytes=100-` or `bytes=-50`. Any other form is ignored, as by AWS. */
export function readRange(range: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  if (match[1] !== '' && match[2] !== '' && Number(match[2]) < Number(match[1])) return undefined
  const first = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const last = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1)
  if (first <= last) return { first, last }
  throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416, {
    RangeRequested: range,
    ActualObjectSize: size,
  })
}

/** Reads the range of a copied part, which must lie within the object. */
export function readCopyRange(range: string | undefined, size: number): ByteRange {
  if (range === undefined) return { first: 0, last: size - 1 }
  const match = /^bytes=(\d+)-(\d+)$/.exec(range)
  const [first, last] = [Number(match?.[1]), Number(match?.[2])]
  if (match === null || first > last) {
    const message =
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the ' +
      'zero-based offsets of the first and last bytes to copy'
    throw invalidArgument('x-amz-copy-source-range', range, message)
  }
  if (last < size) return { first, last }
  const message = `Range specified is not valid for source object of size: ${size}`
  throw invalidArgument('x-amz-copy-source-range', range, message)
}
