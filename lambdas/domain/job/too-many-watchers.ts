/** A job's record has no room for another watcher. */
export class TooManyWatchersError extends Error {
  constructor(id: string) {
    super(`Job "${id}" is watched by as many connections as it can be: ask again in a moment, or get it by REST.`)
  }
}
