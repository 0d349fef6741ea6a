import { paint, stdoutHasColours, type Colour } from './colours.ts'
import { renderTable, type Cell } from './table.ts'

/** Prints what a command found: JSON for programs, or text for people. */
export class Output {
  readonly json: boolean
  readonly colour: boolean

  constructor({ json, colour }: { readonly json: boolean; readonly colour: boolean }) {
    this.json = json
    this.colour = !json && stdoutHasColours(colour)
  }

  /** Prints one value: as JSON, or as the lines that `text` returns. */
  value(value: unknown, text: () => string | readonly string[]): void {
    if (this.json) {
      print(JSON.stringify(value ?? null))
      return
    }
    const lines = text()
    print(typeof lines === 'string' ? lines : lines.join('\n'))
  }

  /** Prints one value of a stream as one line. */
  line(value: unknown, text: () => string): void {
    print(this.json ? JSON.stringify(value) : text())
  }

  table(rows: readonly (readonly Cell[])[]): string[] {
    return renderTable(rows, this.colour)
  }

  paint(text: string, colour: Colour): string {
    return paint(text, colour, this.colour)
  }

  /** Prints a note for people, beside the result and never in it. */
  note(text: string): void {
    if (!this.json) process.stderr.write(`${text}\n`)
  }
}

function print(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`)
}
