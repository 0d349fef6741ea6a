// Runs a TypeScript entry of this repository: bundles it with esbuild (packages stay outside), then imports it.
// One bundle starts faster than a loader that transforms each file, and it leaves no helper process behind.
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { entryBundle } from './entry-bundle.js'

endWithNpm()

// With worker threads, esbuild would keep a process of 30 MB alive. Without them, each call runs and ends a process.
process.env.ESBUILD_WORKER_THREADS = '0'
const { buildSync } = await import('esbuild')

const root = resolve(fileURLToPath(import.meta.url), '../..')
const [entry, ...args] = process.argv.slice(2)
const directory = join(root, '.jobwire/run')
const outfile = join(directory, `${basename(entry, '.ts')}-${process.pid}.mjs`)
mkdirSync(directory, { recursive: true })
removeLeftBundles(directory)
process.on('exit', () => rmSync(outfile, { force: true }))
buildSync({
  ...entryBundle(root),
  entryPoints: [resolve(root, entry)],
  outfile,
  // The bundle removes itself once it is loaded, so that a kill leaves nothing behind.
  banner: { js: "import { rmSync as removeBundle } from 'node:fs'\nremoveBundle(new URL(import.meta.url))" },
})
process.argv.splice(1, process.argv.length - 1, resolve(root, entry), ...args)
await import(pathToFileURL(outfile).href)

/** Removes what processes left that were killed while they loaded: those that are gone, and all files of old. */
function removeLeftBundles(folder) {
  const hourAgo = Date.now() - 3_600_000
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const pid = Number(/-(\d+)\.[cm]js$/.exec(name)?.[1])
    const writtenMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
    if (writtenMs < hourAgo || !isRunning(pid)) rmSync(path, { force: true })
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/**
 * Ends this process when the shell ends in which npm runs it. npm passes SIGTERM on to that shell only, and a shell
 * such as dash dies of it and tells nobody.
 */
function endWithNpm() {
  if (!process.env.npm_lifecycle_script?.includes('scripts/run.mjs')) return
  const shell = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, 200)
  timer.unref()
}
