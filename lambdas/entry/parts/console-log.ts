import type { Log } from '../../domain/kit/log.ts'

/** Logs through the console: Lambda's JSON logs keep an object as it is, beside level, time and request id. */
export const consoleLog: Log = (level, text, fields = {}) => {
  console[level]({ text, ...fields })
}
