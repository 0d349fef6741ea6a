/**
 * Writes a watcher as the record keeps it: the session with the connection that it had. So the usual push does not have
 * to look up the session in the registry.
 */
export function watcherOf({ session, connectionId }: { session: string; connectionId: string }): string {
  return `${session}@${connectionId}`
}

/** Reads a watcher. The name of a session has no `@`; what follows the first one is the connection's id. */
export function readWatcher(watcher: string): { session: string; connectionId: string } {
  const separator = watcher.indexOf('@')
  return { session: watcher.slice(0, separator), connectionId: watcher.slice(separator + 1) }
}
