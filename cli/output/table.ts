import { paint, type Colour } from './colours.ts'

/** A text, a number, or a text with a colour. A missing value is an empty cell. */
export type Cell = string | number | undefined | { readonly text: string; readonly colour: Colour }

/** Renders rows in columns. Numbers stand at the right, and no line has spaces at its end. */
export function renderTable(rows: readonly (readonly Cell[])[], colour: boolean): string[] {
  const texts = rows.map((row) => row.map(cellText))
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...texts.map((row) => textWidth(row[at] ?? ''))))
  return rows.map((row, line) =>
    row
      .map((cell, at) => {
        const text = texts[line]![at]!
        const space = ' '.repeat(widths[at]! - textWidth(text))
        const shown = typeof cell === 'object' ? paint(text, cell.colour, colour) : text
        return isNumbers(rows, at) ? space + shown : shown + space
      })
      .join('  ')
      .trimEnd(),
  )
}

/** True if all rows below the heading have a number or nothing in that column. */
function isNumbers(rows: readonly (readonly Cell[])[], column: number): boolean {
  const cells = rows.slice(1).map((row) => row[column])
  return cells.some((cell) => typeof cell === 'number') && cells.every((cell) => typeof cell !== 'string')
}

function cellText(cell: Cell): string {
  return typeof cell === 'object' ? cell.text : String(cell ?? '')
}

/** Counts characters as a terminal shows them, as well as one can without its tables: a pair of surrogates is one. */
function textWidth(text: string): number {
  return Array.from(text).length
}
