import { execFile, type ExecFileException } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build, type BuildContext, type BuildOptions, context } from 'esbuild'
import type { TaskCatalog } from '../protocol/job/task-catalog.ts'
import { bundleFolder, bundleOptions } from './bundle-options.ts'
import { bundlingError, catalogBundleOptions, catalogProcess, MAX_LOAD_MS, readFindings } from './catalog-process.ts'
import { addCatalog, copyFiles, entryPoints, type FunctionEntry, functionFiles } from './function-files.ts'
import type { TaskSource } from './function-source.ts'
import { isPrebuilt } from './own-folder.ts'

/** The outcome of bundling functions again. */
export interface Rebundled {
  /** The folder with the new code of each function whose code is not that of the last time. At first these are all. */
  readonly folders: Readonly<Partial<Record<FunctionEntry, string>>>
  readonly catalog: TaskCatalog
  /** The whole paths of all files that the tasks are made of. A change of any of them asks for the next call. */
  readonly taskFiles: readonly string[]
}

/** Bundles the functions of one deployment again and again. */
export interface Rebundler {
  /**
   * Bundles the tasks as they are now. Calls must not overlap. Throws a `SettingsError` if something is wrong with the
   * tasks; a later call may succeed.
   */
  rebundle(): Promise<Rebundled>
  /** Ends esbuild's work and removes all folders. */
  dispose(): Promise<void>
}

/**
 * Runs that began with older code may still load files of it. So many versions are kept for them, and each version that
 * is still the newest code of some function.
 */
const KEPT_VERSIONS = 5

/**
 * Prepares to bundle functions again whenever a task has changed. It keeps what it knows of unchanged files, so that a
 * call takes a fraction of a second. The bundles have source maps and are not minified. `directory` must belong to this
 * rebundler alone: it gets a folder for each version.
 *
 * @example
 * const rebundler = createRebundler(source, ['worker', 'rest', 'socket', 'scheduled'], '/shop/.jobwire/code')
 * const { folders, taskFiles } = await rebundler.rebundle() // { worker: '/shop/.jobwire/code/1/worker', … }
 */
export function createRebundler(source: TaskSource, entries: readonly FunctionEntry[], directory: string): Rebundler {
  const building = join(directory, 'building')
  const catalogReader = createCatalogReader(source, join(directory, 'catalog'))
  // The file for schemas is cheap to bundle, and only the catalog says if it is needed.
  const { withTasks, withoutTasks } = functionFiles(source.sourceRoot, entries, true)
  const bundler = createBundler(source, withTasks, building)
  const newest = new Map<FunctionEntry, NewestCode>()
  let ready: Readonly<Record<string, string>> | undefined
  let version = 0
  return {
    async rebundle() {
      await rm(building, { recursive: true, force: true })
      ready ??= await bundleOnce(source, withoutTasks, join(directory, 'ready'))
      const [read, bundled] = await Promise.allSettled([catalogReader.read(), bundler.bundle()])
      if (read.status === 'rejected') throw read.reason
      if (bundled.status === 'rejected') throw bundled.reason
      copyFiles(building, ready)
      addCatalog(building, entries, read.value.catalog)
      version++
      // At the same depth as the folder of the build, so that the paths in source maps stay right.
      const folder = join(directory, String(version))
      await rename(building, folder)
      const folders = await changedFolders(folder, entries, newest)
      await removeOldVersions(directory, version, new Set([...newest.values()].map((code) => code.version)))
      return { folders, ...read.value }
    },
    async dispose() {
      await Promise.all([catalogReader.dispose(), bundler.dispose()])
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Makes the code that has nothing of the tasks. The installed package has it already. */
async function bundleOnce(source: TaskSource, files: Readonly<Record<string, string>>, outdir: string) {
  if (isPrebuilt(source.sourceRoot)) return files
  await build({ ...bundleOptions(source), minify: false, entryPoints: entryPoints(files), outdir })
  return Object.fromEntries(Object.keys(files).map((output) => [output, join(outdir, output)]))
}

function createCatalogReader(source: TaskSource, directory: string) {
  const options = { ...catalogBundleOptions(directory, source), metafile: true } as const
  let building: BuildContext<typeof options> | undefined
  return {
    async read(): Promise<{ catalog: TaskCatalog; taskFiles: string[] }> {
      building ??= await context(options)
      await rm(directory, { recursive: true, force: true })
      const { metafile } = await building.rebuild().catch((error: unknown) => {
        throw bundlingError(source, error)
      })
      const files = Object.keys(metafile.inputs).map((file) => resolve(bundleFolder(source), file))
      const catalog = await runCatalogProcess(directory, source)
      return { catalog, taskFiles: files.filter((file) => !isOwn(file, source.sourceRoot)) }
    },
    dispose: async () => building?.dispose(),
  }
}

/** Returns true for Jobwire's own files. In the repository, tasks and Jobwire have one root. */
function isOwn(file: string, sourceRoot: string): boolean {
  return ['dist', 'lambdas', 'protocol'].some((folder) => file.startsWith(join(sourceRoot, folder, '/')))
}

async function runCatalogProcess(directory: string, source: TaskSource): Promise<TaskCatalog> {
  const { args, options } = catalogProcess(directory, source, MAX_LOAD_MS)
  const [error, stderr] = await new Promise<[ExecFileException | null, string]>((done) => {
    execFile(process.execPath, args, options, (failure, _stdout, text) => done([failure, text]))
  })
  if (error !== null && typeof error.code === 'string') throw error
  const end = {
    status: Number(error?.code ?? 0),
    signal: error?.signal ?? null,
    timedOut: error?.killed === true,
    stderr,
  }
  return readFindings(directory, source, MAX_LOAD_MS, end)
}

function createBundler(source: TaskSource, files: Readonly<Record<string, string>>, outdir: string) {
  const options: BuildOptions = {
    ...bundleOptions(source),
    minify: false,
    sourcemap: 'linked',
    sourcesContent: false,
    entryPoints: entryPoints(files),
    outdir,
  }
  let building: BuildContext | undefined
  return {
    async bundle(): Promise<void> {
      building ??= await context(options)
      await building.rebuild().catch((error: unknown) => {
        throw bundlingError(source, error)
      })
    },
    dispose: async () => building?.dispose(),
  }
}

/** The newest code of one function. */
interface NewestCode {
  readonly hash: string
  /** The folder of the version that brought it. */
  readonly version: string
}

async function changedFolders(
  version: string,
  entries: readonly FunctionEntry[],
  newest: Map<FunctionEntry, NewestCode>,
): Promise<Partial<Record<FunctionEntry, string>>> {
  const changed: Partial<Record<FunctionEntry, string>> = {}
  for (const entry of entries) {
    const folder = join(version, entry)
    const hash = await hashFolder(folder)
    if (newest.get(entry)?.hash === hash) continue
    changed[entry] = folder
    newest.set(entry, { hash, version })
  }
  return changed
}

async function removeOldVersions(directory: string, version: number, inUse: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(directory)) {
    const isOld = /^\d+$/.test(name) && Number(name) <= version - KEPT_VERSIONS
    const folder = join(directory, name)
    if (isOld && !inUse.has(folder)) await rm(folder, { recursive: true, force: true })
  }
}

async function hashFolder(folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const file of (await readdir(folder)).sort()) hash.update(file).update(await readFile(join(folder, file)))
  return hash.digest('hex')
}
