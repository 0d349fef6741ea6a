/** An entry's place in a `TimeHeap`. The caller keeps it, so that an entry can be removed without a search. */
export interface HeapEntry<T> {
  readonly time: number
  readonly item: T
  index: number
}

/**
 * A binary heap by time. Adding and removing cost O(log n). Adding in order of time costs O(1).
 *
 * @example
 * const due = new TimeHeap<Message>()
 * const entry = due.add(message, clock.now() + 30_000)
 * due.remove(entry)
 */
export class TimeHeap<T> {
  readonly #entries: HeapEntry<T>[] = []

  get size(): number {
    return this.#entries.length
  }

  add(item: T, time: number): HeapEntry<T> {
    const entry = { time, item, index: this.#entries.length }
    this.#entries.push(entry)
    this.#rise(entry)
    return entry
  }

  peek(): HeapEntry<T> | undefined {
    return this.#entries[0]
  }

  remove(entry: HeapEntry<T>): void {
    const last = this.#entries.pop()!
    if (last === entry) return
    this.#place(last, entry.index)
    this.#rise(last)
    this.#sink(last)
  }

  clear(): void {
    this.#entries.length = 0
  }

  #rise(entry: HeapEntry<T>): void {
    while (entry.index > 0) {
      const parent = this.#entries[(entry.index - 1) >> 1]!
      if (parent.time <= entry.time) return
      this.#swap(parent, entry)
    }
  }

  #sink(entry: HeapEntry<T>): void {
    for (;;) {
      const left = this.#entries[2 * entry.index + 1]
      const right = this.#entries[2 * entry.index + 2]
      const least = right !== undefined && right.time < left!.time ? right : left
      if (least === undefined || least.time >= entry.time) return
      this.#swap(entry, least)
    }
  }

  #swap(upper: HeapEntry<T>, lower: HeapEntry<T>): void {
    const upperIndex = upper.index
    this.#place(upper, lower.index)
    this.#place(lower, upperIndex)
  }

  #place(entry: HeapEntry<T>, index: number): void {
    entry.index = index
    this.#entries[index] = entry
  }
}
