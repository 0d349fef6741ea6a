const WIDTH = 32

/** A progress bar. On a terminal it redraws its own line; elsewhere it prints a line at each quarter. */
export class ProgressBar {
  readonly #total: number
  readonly #stream: NodeJS.WriteStream
  #done = 0
  #lastDrawnAtMs = 0
  #lastQuarter = 0

  constructor(total: number, stream: NodeJS.WriteStream = process.stdout) {
    this.#total = total
    this.#stream = stream
  }

  advance(note: string): void {
    this.#done++
    const finished = this.#done === this.#total
    if (this.#stream.isTTY) {
      const nowMs = performance.now()
      if (!finished && nowMs - this.#lastDrawnAtMs < 33) return
      this.#lastDrawnAtMs = nowMs
      this.#stream.write(`\r\u001B[2K${this.#render(note)}${finished ? '\n' : ''}`)
      return
    }
    const quarter = Math.floor((4 * this.#done) / this.#total)
    if (quarter === this.#lastQuarter) return
    this.#lastQuarter = quarter
    this.#stream.write(`${this.#render(note)}\n`)
  }

  #render(note: string): string {
    const filled = Math.round((WIDTH * this.#done) / this.#total)
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled)
    return `  ${bar} ${String(this.#done).padStart(String(this.#total).length)}/${this.#total}  ${note}`
  }
}
