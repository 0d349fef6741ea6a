import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { buildSync } from 'esbuild'
import { collectSettings, parseSettings, settingsVariables } from '../lib/settings.ts'
import { findTasksModule } from '../lib/tasks-module.ts'
import { esbuildAliases } from './package-aliases.js'

export interface SynthesizeOptions {
  /** The repository: where `cdk.json` and `bin/app.ts` are. */
  readonly root: string
  /** Where assemblies are kept, each in a folder named after the hash of what it was made from. */
  readonly outDir: string
  /** The user's tasks, relative to `root`; the setting `tasksPath` if absent. */
  readonly tasksPath?: string
  /** Settings that count where neither the environment nor `tasksPath` has them, by their environment variables. */
  readonly defaults?: Readonly<Record<string, string>>
}

export interface Synthesized {
  readonly assemblyDir: string
  /** True where nothing had changed, and the assembly of an earlier call was used. */
  readonly cached: boolean
}

/** What decides about the assembly beside the sources that the app and the functions import. */
const OTHER_INPUTS = ['cdk.json', 'package-lock.json', 'tsconfig.json', 'scripts/run.mjs']
/** Assemblies that nobody has asked for in this long are removed. A process that runs from one asked at its start. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1_000

/**
 * Runs the CDK app as `cdk synth` does, as a process of its own but without the CDK's command line, unless an
 * assembly of the very same inputs is there already. Calls may overlap: an assembly appears whole or not at all.
 *
 * @example
 * const { assemblyDir } = await synthesize({ root: process.cwd(), outDir: '.jobwire/assemblies' })
 */
export async function synthesize(options: SynthesizeOptions): Promise<Synthesized> {
  const root = resolve(options.root)
  const outDir = resolve(root, options.outDir)
  const environment = appEnvironment(options)
  const assemblyDir = join(outDir, await hashInputs(root, environment))
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
  // The stack is neutral of account and region, and must be on every machine.
  delete environment.CDK_DEFAULT_ACCOUNT
  delete environment.CDK_DEFAULT_REGION
  if (tasksPath !== undefined) environment.JOBWIRE_TASKS_PATH = tasksPath
  return environment
}

/** One hash of every file that the app and the functions are made of: what esbuild reads, and `OTHER_INPUTS`. */
async function hashInputs(root: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const settings = parseSettings(collectSettings(context(root).jobwire, environment))
  const files = [...(await importedFiles(root, findTasksModule(settings.tasksPath, root))), ...OTHER_INPUTS]
  const hash = createHash('sha256')
  for (const name of settingsVariables()) hash.update(`${name}=${environment[name] ?? ''}\0`)
  for (const file of files.sort()) {
    const path = resolve(root, file)
    hash.update(
      `${file}\0${
        existsSync(path)
          ? createHash('sha256')
              .update(await readFile(path))
              .digest('hex')
          : ''
      }\0`,
    )
  }
  return hash.digest('hex').slice(0, 16)
}

/** Asks esbuild, so that the list is right whatever the tasks import, and from wherever. Packages are in the lock file. */
async function importedFiles(root: string, tasks: string): Promise<string[]> {
  const entries = await readdir(join(root, 'lambdas/entry'))
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
        // The CDK's command line would read cdk.json.
        CDK_CONTEXT_JSON: JSON.stringify(context(root)),
        // Checking the template against rules costs seconds; `cdk synth` and `cdk deploy` do.
        CDK_VALIDATION: 'false',
        CDK_DISABLE_STACK_TRACE: '1',
        // Node 22 and later keep compiled code here; Node 20 knows no such variable.
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
    // Somebody else has made the same assembly meanwhile.
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
