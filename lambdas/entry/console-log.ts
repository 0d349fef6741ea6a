import type { Log } from '../domain/kit/log.ts'

/** Through the console: Lambda's JSON logs keep an object as it is, next to level, time and request id. */
export const consoleLog: Log = (level, text, fields = {}) => {
  console[level]({ text, ...fields })
}
