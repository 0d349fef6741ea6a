import { paint } from '../../output/colours.ts'

/** The place where people read what happens. */
export interface Screen {
  readonly colour: boolean
  readonly print: (text: string) => void
  /** Prints that something went well. */
  readonly good: (text: string) => void
  /** Prints what went wrong, and what follows from it. */
  readonly bad: (error: unknown, consequence: string) => void
}

/** Makes a screen. If the standard output is for a program, people read the standard error. */
export function createScreen({ json, colour }: { readonly json: boolean; readonly colour: boolean }): Screen {
  const stream = json ? process.stderr : process.stdout
  const print = (text: string): void => void stream.write(`${text}\n`)
  return {
    colour,
    print,
    good: (text) => print(`${paint('✔', 'green', colour)} ${text}`),
    bad: (error, consequence) => {
      const text = error instanceof Error ? error.message : String(error)
      print(`${paint('✖', 'red', colour)} ${text.trim()}\n  ${paint(consequence, 'gray', colour)}`)
    },
  }
}

/** Renders the time that something took. */
export function tookText(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}
