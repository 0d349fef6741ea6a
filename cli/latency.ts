/** The latencies of one kind of job, in milliseconds. */
export class Latencies {
  readonly #samplesMs: number[] = []

  add(ms: number): void {
    this.#samplesMs.push(ms)
  }

  get count(): number {
    return this.#samplesMs.length
  }

  /** Returns the smallest sample that at least this share of the samples does not exceed. */
  percentile(share: number): number {
    const sorted = this.#samplesMs.toSorted((a, b) => a - b)
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
  }

  summary(): string {
    const part = (name: string, share: number) => `${name} ${formatMs(this.percentile(share))}`
    return `${part('p50', 0.5)}  ${part('p95', 0.95)}  ${part('p99', 0.99)}`
  }
}

function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`.padStart(8)
}
