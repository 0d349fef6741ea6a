import { Module } from 'node:module'
import { delimiter, join } from 'node:path'

/**
 * Makes the packages of layers loadable by `require`, as AWS does: from `nodejs/node_modules`, and from the folder of
 * the runtime, such as `nodejs/node24/node_modules`. As on AWS, `import` does not look there.
 */
export function addLayers(folders: readonly string[], runtime: string): void {
  if (folders.length === 0) return
  const version = `node${/\d+/.exec(runtime)?.[0]}`
  const paths = folders.flatMap((folder) => [
    join(folder, 'nodejs', 'node_modules'),
    join(folder, 'nodejs', version, 'node_modules'),
  ])
  process.env['NODE_PATH'] = paths.join(delimiter)
  const modules = Module as unknown as { _initPaths(): void }
  modules._initPaths()
}
