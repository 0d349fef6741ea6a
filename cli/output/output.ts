import { paint, stdoutHasColours, type Colour } from './colours.ts'
import { renderTable, type Cell } from './table.ts'
import { withIsoTimes } from './time.ts'

/** The look of a list. */
export interface ListLook<Item> {
  readonly headings: readonly string[]
  readonly row: (item: Item) => readonly Cell[]
  /** The note for people if the list is empty. */
  readonly none: string
  /** Makes the value that is printed as JSON: with times in ISO 8601 by default. */
  readonly toJson?: (item: Item) => object
}

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

  /** Prints a list: one value on each line as they come, or a table once all are there. */
  async list<Item extends object>(items: AsyncIterable<Item> | Iterable<Item>, look: ListLook<Item>): Promise<void> {
    const { headings, row, none, toJson = withIsoTimes } = look
    const rows: (readonly Cell[])[] = []
    for await (const item of items) {
      if (this.json) print(JSON.stringify(toJson(item)))
      else rows.push(row(item))
    }
    if (this.json) return
    if (rows.length === 0) this.note(none)
    else print(this.table([headings, ...rows]).join('\n'))
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
