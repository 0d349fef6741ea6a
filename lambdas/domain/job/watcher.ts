/**
 * A watcher as the record keeps it: the session with the connection that it had. So the usual push needs no
 * look into the registry.
 */
export function watcherOf({ session, connectionId }: { session: string; connectionId: string }): string {
  return `${session}@${connectionId}`
}

/** Sessions have no `@` in them; whatever follows the first one is the connection's id. */
export function readWatcher(watcher: string): { session: string; connectionId: string } {
  const separator = watcher.indexOf('@')
  return { session: watcher.slice(0, separator), connectionId: watcher.slice(separator + 1) }
}
