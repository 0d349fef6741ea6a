import { basename } from 'node:path'

/** Returns false for `node_modules`, whatever begins with a dot, logs, the copies that editors make, and `ignored`. */
export function isWatched(path: string, ignored: readonly string[]): boolean {
  const name = basename(path)
  return name !== 'node_modules' && !name.startsWith('.') && !/(~|\.log)$/.test(name) && !ignored.includes(path)
}
