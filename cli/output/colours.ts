import { styleText } from 'node:util'

export type Colour = Extract<Parameters<typeof styleText>[0], string>

/** Returns the text in that colour, or as it is if colours are off. */
export function paint(text: string, colour: Colour, on: boolean): string {
  return on ? styleText(colour, text, { validateStream: false }) : text
}

export function stdoutHasColours(colourOption: boolean): boolean {
  return colourOption && hasColours(process.stdout, process.env)
}

export function stderrHasColours(args: readonly string[]): boolean {
  return !args.includes('--no-color') && hasColours(process.stderr, process.env)
}

/** Colours are on at a terminal only, and never if NO_COLOR is set (https://no-color.org). */
export function hasColours(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false
  return stream.isTTY === true
}
