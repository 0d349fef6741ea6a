import type { Pages } from '../api/types.ts'

/** Something that can be awaited whole or read piece by piece. Nothing begins before either. */
export function pages<Whole, Item>(
  readWhole: () => Promise<Whole>,
  readItems: () => Promise<AsyncIterable<Item>>,
): Pages<Whole, Item> {
  let begun: Promise<Whole> | undefined
  // However often it is awaited, it is done once.
  const begin = () => (begun ??= readWhole())
  return {
    // oxlint-disable-next-line unicorn/no-thenable -- being awaited is its purpose
    then: (...settle) => begin().then(...settle),
    catch: (onRejected) => begin().catch(onRejected),
    finally: (onSettled) => begin().finally(onSettled),
    async *[Symbol.asyncIterator]() {
      yield* await readItems()
    },
  }
}
