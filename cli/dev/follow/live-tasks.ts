import { join } from 'node:path'
import type { Cloud } from '../../../local/cloud.ts'
import type { TaskCatalog } from '../../../protocol/job/task-catalog.ts'
import type { FunctionEntry } from '../../../lib/function-files.ts'
import { createRebundler, type Rebundler } from '../../../lib/rebundle-functions.ts'
import type { TaskDescription } from '../project/task-description.ts'
import { type PlatformSource, readPlatformSources } from './platform-sources.ts'

/** The code of the tasks in a running cloud, which follows the sources. */
export interface LiveTasks {
  describe(): TaskDescription
  /** The folders of Jobwire's own code. */
  ownFolders(): readonly string[]
  /** Bundles the tasks again and has the cloud run them. Returns true if anything has changed. */
  refresh(): Promise<boolean>
  /** Follows another assembly, which the cloud runs by now. */
  follow(assemblyDir: string): Promise<void>
  close(): Promise<void>
}

/**
 * Keeps the tasks of a running cloud as their sources are. A rebundle takes a fraction of a second, because nothing of
 * the stack has changed. `codeDir` gets a folder for each platform.
 */
export function createLiveTasks(cloud: Pick<Cloud, 'updateFunctionCode'>, codeDir: string): LiveTasks {
  let platforms: LivePlatform[] = []
  let made = 0
  const inTurn = createTurns()

  async function follow(assemblyDir: string): Promise<void> {
    const known = new Map(platforms.map((platform) => [JSON.stringify(platform.source), platform]))
    const sources = readPlatformSources(assemblyDir)
    const kept = sources.map((source) => known.get(JSON.stringify(source)))
    const gone = platforms.filter((platform) => !kept.includes(platform))
    platforms = sources.map(
      (source, index) => kept[index] ?? new LivePlatform(cloud, source, join(codeDir, String(++made))),
    )
    for (const platform of gone) await platform.close()
    // The cloud may run the code of the assembly by now, which is older or has no source maps.
    for (const platform of platforms) await platform.applyAll()
  }

  return {
    describe: () => ({
      catalog: Object.assign({}, ...platforms.map(({ catalog }) => catalog)) as TaskCatalog,
      taskFiles: platforms.flatMap(({ taskFiles }) => taskFiles),
    }),
    ownFolders: () => [...new Set(platforms.flatMap(({ source: { source } }) => ownFolders(source.sourceRoot)))],
    refresh: () =>
      inTurn(async () => {
        let changed = false
        for (const platform of platforms) changed = (await platform.refresh()) || changed
        return changed
      }),
    follow: (assemblyDir) => inTurn(() => follow(assemblyDir)),
    close: () =>
      inTurn(async () => {
        for (const platform of platforms) await platform.close()
        platforms = []
      }),
  }
}

/** The tasks of one platform. */
class LivePlatform {
  readonly source: PlatformSource
  taskFiles: readonly string[]
  catalog: TaskCatalog = {}
  readonly #cloud: Pick<Cloud, 'updateFunctionCode'>
  readonly #rebundler: Rebundler
  /** The newest code of each function. */
  readonly #folders = new Map<FunctionEntry, string>()

  constructor(cloud: Pick<Cloud, 'updateFunctionCode'>, source: PlatformSource, codeDir: string) {
    const entries = [...new Set(source.functions.map(({ entry }) => entry))]
    this.source = source
    this.taskFiles = [source.source.tasksModule]
    this.#cloud = cloud
    this.#rebundler = createRebundler(source.source, entries, codeDir)
  }

  /** Bundles the tasks, and has the cloud run what has changed. Returns true if something has. */
  async refresh(): Promise<boolean> {
    const { folders, taskFiles, catalog } = await this.#rebundler.rebundle()
    this.taskFiles = taskFiles
    this.catalog = catalog
    const changed = Object.entries(folders) as [FunctionEntry, string][]
    for (const [entry, folder] of changed) this.#folders.set(entry, folder)
    await this.#apply(changed.map(([entry]) => entry))
    return changed.length > 0
  }

  async applyAll(): Promise<void> {
    await this.#apply([...this.#folders.keys()])
  }

  close(): Promise<void> {
    return this.#rebundler.dispose()
  }

  async #apply(entries: readonly FunctionEntry[]): Promise<void> {
    const functions = this.source.functions.filter(({ entry }) => entries.includes(entry))
    await Promise.all(
      functions.map(({ entry, stackName, logicalId }) =>
        this.#cloud.updateFunctionCode(stackName, logicalId, this.#folders.get(entry)!),
      ),
    )
  }
}

/** Makes a queue of one: calls of esbuild must not overlap, and an older code must not come after a newer one. */
function createTurns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }
}

function ownFolders(sourceRoot: string): string[] {
  return ['dist', 'lambdas', 'protocol'].map((folder) => join(sourceRoot, folder))
}
