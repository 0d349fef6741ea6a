import { text as readAll } from 'node:stream/consumers'
import { usageError } from '../../frame/command-error.ts'
import { EXIT_CODES, type ExitName } from '../../frame/exit-codes.ts'
import { reportError } from '../../frame/report-error.ts'
import type { ClientSession } from '../../frame/session.ts'
import { withIsoTimes } from '../../output/time.ts'

/** Does the same to each id, and prints a line for each. An id that fails does not keep the others from their turn. */
export async function forEachId<Answer extends { readonly id: string }>(
  { output }: ClientSession,
  ids: readonly string[],
  action: (id: string) => Promise<Answer>,
  text: (answer: Answer) => string,
): Promise<void> {
  let exit: ExitName = 'ok'
  for (const id of await readIds(ids)) {
    try {
      const answer = await action(id)
      output.line(withIsoTimes(answer), () => text(answer))
    } catch (error) {
      const report = reportError(error)
      if (report.exit === 'unreachable') throw error
      if (exit === 'ok') ({ exit } = report)
      const { code, message } = report.error
      output.line({ id, error: report.error }, () => `${id}  ${output.paint(code, 'red')}: ${message}`)
    }
  }
  if (exit !== 'ok') process.exitCode = EXIT_CODES[exit].code
}

/** `-` stands for the ids of the standard input, one on each line. */
async function readIds(ids: readonly string[]): Promise<readonly string[]> {
  if (!ids.includes('-')) return ids
  if (ids.length > 1) throw usageError('Give either ids, or - for those of the standard input.')
  const lines = (await readAll(process.stdin)).split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '')
}
