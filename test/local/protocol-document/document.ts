import { readFileSync } from 'node:fs'

const text = readFileSync('docs/PROTOCOL.md', 'utf8')

/** An example of the document: a fenced block of JSON. */
export interface Example {
  /** The heading of its section, like `Jobs`. */
  readonly section: string
  /** The words behind `json` at its fence: `request POST /jobs`, `answer 202`, `answer GET / 200`, `frame`, `webhook`. */
  readonly info: string
  readonly value: any
}

export function readExamples(): readonly Example[] {
  return text.split(/^## /m).flatMap((section) => {
    const heading = section.split('\n', 1)[0]!
    return [...section.matchAll(/^```json ?(.*)\n([^]*?)\n```$/gm)].map(([, info, json]) => ({
      section: heading,
      info: info!,
      value: JSON.parse(json!) as unknown,
    }))
  })
}

/** Returns the rows of each table whose first column has the heading, without the backticks. */
export function readTable(heading: string): readonly (readonly string[])[] {
  const lines = text.split('\n')
  const heads = lines.flatMap((line, index) => (line.startsWith(`| ${heading} |`) ? [index] : []))
  return heads.flatMap((head) => {
    const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'))
    return lines.slice(head + 2, end).map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
    )
  })
}
