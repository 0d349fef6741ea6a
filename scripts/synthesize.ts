import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { buildSync } from 'esbuild'
import { collectSettings, settingsVariables } from '../lib/collect-settings.ts'
import { parseSettings } from '../lib/settings.ts'
import { findTasksModule } from '../lib/tasks-module.ts'
import { hashByStamp } from './input-stamp.ts'
import { esbuildAliases } from './package-aliases.js'

export interface SynthesizeOptions {
  /** The root of the repository, with `cdk.json` and `bin/app.ts`. */
  readonly root: string
  /** The folder of the assemblies. Each has a subfolder that is named after the hash of its inputs. */
  readonly outDir: string
  /** The module of the tasks, relative to `root`. The setting `tasksPath` by default. */
  readonly tasksPath?: string
  /** Defaults by environment variable, for settings that neither the environment nor `tasksPath` has. */
  readonly defaults?: Readonly<Record<string, string>>
}

export interface Synthesized {
  readonly assemblyDir: string
  /** True if nothing had changed, so that the assembly of an earlier call is used. */
  readonly cached: boolean
}

/** Inputs of the assembly besides the sources that the app and the functions import. */
const OTHER_INPUTS = ['cdk.json', 'package-lock.json', 'tsconfig.json', 'scripts/run.mjs']
/** An assembly is removed if no call has returned it for this long. A running process got its own at its start. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1_000

/**
 * Runs the CDK app as `cdk synth` does, but without the CDK's command line, in a process of its own. Skips the run if
 * there is already an assembly of exactly the same inputs. Calls may overlap: an assembly appears whole or not at all.
 *
 * @example
 * const { assemblyDir } = await synthesize({ root: process.cwd(), outDir: '.jobwire/assemblies' })
 */
export async function synthesize(options: SynthesizeOptions): Promise<Synthesized> {
  const root = resolve(options.root)
  const outDir = resolve(root, options.outDir)
  const environment = appEnvironment(options)
  const assemblyDir = join(outDir, await hashInputs(root, environment, outDir))
  if (existsSync(assemblyDir)) {
    const now = new Date()
    await utimes(assemblyDir, now, now)
    return { assemblyDir, cached: true }
  }
  await mkdir(outDir, { recursive: true })
  const temporary = await mkdtemp(join(outDir, 'unfinished-'))
  try {
    await runApp(root, { ...environment, CDK_OUTDIR: temporary })
    await moveInto(temporary, assemblyDir)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  await removeOld(outDir)
  return { assemblyDir, cached: false }
}

function appEnvironment({ tasksPath, defaults }: SynthesizeOptions): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...defaults, ...process.env }
  // The stack names no account and no region, so that it is the same on every machine.
  delete environment.CDK_DEFAULT_ACCOUNT
  delete environment.CDK_DEFAULT_REGION
  if (tasksPath !== undefined) environment.JOBWIRE_TASKS_PATH = tasksPath
  return environment
}

/** Hashes the settings and every file that the app and the functions are made of. */
async function hashInputs(root: string, environment: NodeJS.ProcessEnv, outDir: string): Promise<string> {
  const settings = parseSettings(collectSettings({ context: context(root).jobwire, environment }))
  const tasks = findTasksModule(settings.tasksPath, [root])
  const entries = await readdir(join(root, 'lambdas/entry'))
  const variables = settingsVariables().map((name) => `${name}=${environment[name] ?? ''}`)
  const key = createHash('sha256')
    .update([root, tasks, ...entries, ...variables].join('\0'))
    .digest('hex')
  return hashByStamp(`${outDir}-inputs/${key.slice(0, 16)}.json`, {
    list: () => [...importedFiles(root, tasks, entries), ...OTHER_INPUTS].map((file) => resolve(root, file)).sort(),
    hash: (files) => hashFiles(root, variables, files),
  })
}

async function hashFiles(root: string, variables: readonly string[], files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const variable of variables) hash.update(`${variable}\0`)
  for (const path of files) {
    const content = existsSync(path) ? await readFile(path) : undefined
    const digest = content === undefined ? '' : createHash('sha256').update(content).digest('hex')
    // By the path in the project, so that the same inputs have one hash on every machine.
    hash.update(`${relative(root, path)}\0${digest}\0`)
  }
  return hash.digest('hex').slice(0, 16)
}

/** Asks esbuild, so that the list is right whatever the tasks import. Packages are covered by the lock file. */
function importedFiles(root: string, tasks: string, entries: readonly string[]): string[] {
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: ['bin/app.ts', ...entries.filter((entry) => entry.endsWith('.ts')).map((e) => `lambdas/entry/${e}`)],
    outdir: 'unwritten',
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
    alias: esbuildAliases(root, tasks),
  })
  return Object.keys(metafile.inputs)
}

async function runApp(root: string, environment: NodeJS.ProcessEnv): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, ['scripts/run.mjs', 'bin/app.ts'], {
      cwd: root,
      env: {
        ...environment,
        // Without the CDK's command line, nobody else reads the context from cdk.json.
        CDK_CONTEXT_JSON: JSON.stringify(context(root)),
        // Validating the template takes seconds. `cdk synth` and `cdk deploy` do it.
        CDK_VALIDATION: 'false',
        CDK_DISABLE_STACK_TRACE: '1',
        // Node 22 and later keep compiled code here; Node 20 ignores the variable.
        NODE_COMPILE_CACHE: join(root, '.jobwire/compile-cache'),
      },
    })
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    throw new Error(`Could not synthesize the CDK app (bin/app.ts):\n${stderr?.trim() || message}`, {
      cause: error,
    })
  }
}

function context(root: string): Record<string, unknown> {
  const file = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context?: Record<string, unknown> }
  return file.context ?? {}
}

async function moveInto(temporary: string, assemblyDir: string): Promise<void> {
  try {
    await rename(temporary, assemblyDir)
  } catch (error) {
    // Another process has made the same assembly meanwhile.
    if (!existsSync(assemblyDir)) throw error
  }
}

async function removeOld(outDir: string): Promise<void> {
  for (const name of await readdir(outDir)) {
    const path = join(outDir, name)
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }))
    if (Date.now() - mtimeMs > KEPT_MS) await rm(path, { recursive: true, force: true })
  }
}
