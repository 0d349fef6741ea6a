import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError } from '../frame/command-error.ts'
import { addPlatform } from './add-platform.ts'
import { starterApp, TASKS, tasksTest, type TestRunner } from './starter-files.ts'

/** All that `init` is about to do. */
export interface Plan {
  readonly writes: readonly PlannedWrite[]
  /** Files that are there already, and were not touched. */
  readonly kept: readonly string[]
  /** `by-hand` if the place for the construct was not found. */
  readonly platform: 'there' | 'by-hand'
  /** The script that runs `jobwire dev`. */
  readonly devScript: string
}

export interface PlannedWrite {
  readonly path: string
  readonly text: string
  /** The change in a few words. */
  readonly what: string
}

interface Manifest {
  readonly type?: string
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** Packages of a range that takes every later version of the CDK. */
const CDK_VERSION = '^2.230.0'

/** Plans an app in a folder without `cdk.json`. */
export function planForEmptyFolder(root: string, name: string, jobwireVersion: string): Plan {
  if (existsSync(join(root, 'package.json'))) {
    throw new CommandError('usage', 'NOT_EMPTY', `${root} has a package.json, but no cdk.json.`, {
      advice: 'Run `jobwire init` in an empty folder, like infra/, or in the folder of your CDK app.',
    })
  }
  const files = starterApp(name, { jobwireVersion, cdkVersion: CDK_VERSION })
  return { ...planFiles(root, files, {}), platform: 'there', devScript: 'dev' }
}

/** Plans the additions to a CDK app. */
export function planForApp(root: string, jobwireVersion: string): Plan {
  const manifest = readManifest(root)
  const files: Record<string, string> = { 'tasks/index.ts': TASKS }
  const runner = findTestRunner(manifest)
  // An ES module of Node needs the whole name of a file; a bundler and CommonJS do not.
  const extension = manifest.type === 'module' ? importExtension(root) : ''
  if (runner !== undefined) files['test/tasks.test.ts'] = tasksTest(runner, `../tasks/index${extension}`)
  const changes: Record<string, PlannedWrite> = {}
  const changedManifest = addToManifest(root, manifest, jobwireVersion)
  if (changedManifest !== undefined) changes['package.json'] = changedManifest
  const stack = planStack(root)
  if (stack !== 'there' && stack !== 'by-hand') changes[stack.path] = stack
  const devScript = findDevScript(manifest) ?? 'jobwire:dev'
  return { ...planFiles(root, files, changes), platform: stack === 'by-hand' ? 'by-hand' : 'there', devScript }
}

function planFiles(
  root: string,
  files: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, PlannedWrite>>,
): Pick<Plan, 'writes' | 'kept'> {
  const isThere = (path: string): boolean => existsSync(join(root, path))
  const fresh = Object.entries(files).filter(([path]) => !isThere(path))
  return {
    writes: [...fresh.map(([path, text]) => ({ path, text, what: 'new' })), ...Object.values(changes)],
    kept: Object.keys(files).filter(isThere),
  }
}

function readManifest(root: string): Manifest {
  const file = join(root, 'package.json')
  if (!existsSync(file)) {
    throw new CommandError('usage', 'NO_PACKAGE', `${root} has a cdk.json, but no package.json.`, {
      advice: 'Jobwire needs a CDK app in TypeScript or JavaScript.',
    })
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest
}

/** Adds what is missing, and changes no entry that is there. */
function addToManifest(root: string, manifest: Manifest, jobwireVersion: string): PlannedWrite | undefined {
  const known = { ...manifest.dependencies, ...manifest.devDependencies }
  const scripts = findDevScript(manifest) === undefined ? { 'jobwire:dev': 'jobwire dev' } : {}
  const packages = missing({ '@jobwire/sdk': `^${jobwireVersion}`, jobwire: `^${jobwireVersion}` }, known)
  if (Object.keys(scripts).length + Object.keys(packages).length === 0) return undefined
  const text = readFileSync(join(root, 'package.json'), 'utf8')
  const indent = /^\{\r?\n([ \t]+)/.exec(text)?.[1] ?? '  '
  const changed = {
    ...manifest,
    scripts: { ...manifest.scripts, ...scripts },
    dependencies: { ...manifest.dependencies, ...packages },
  }
  const added = [...Object.keys(scripts).map((name) => `script ${name}`), ...Object.keys(packages)]
  return { path: 'package.json', text: `${JSON.stringify(changed, null, indent)}\n`, what: `with ${added.join(', ')}` }
}

function findDevScript({ scripts = {} }: Manifest): string | undefined {
  return Object.keys(scripts).find((name) => name === 'jobwire:dev' || scripts[name]!.startsWith('jobwire dev'))
}

function missing(wanted: Readonly<Record<string, string>>, present: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => !Object.hasOwn(present, name)))
}

function findTestRunner({ dependencies, devDependencies }: Manifest): TestRunner | undefined {
  const packages = { ...dependencies, ...devDependencies }
  if (Object.hasOwn(packages, 'vitest')) return 'vitest'
  if (Object.hasOwn(packages, 'jest')) return 'jest'
  return Object.hasOwn(packages, 'tsx') ? 'node' : undefined
}

function importExtension(root: string): string {
  const file = join(root, 'tsconfig.json')
  const allowsTs = existsSync(file) && /"allowImportingTsExtensions"\s*:\s*true/.test(readFileSync(file, 'utf8'))
  return allowsTs ? '.ts' : '.js'
}

/** Looks for the stack as the CDK's template names it: the only `lib/*-stack.ts`. */
function planStack(root: string): PlannedWrite | 'there' | 'by-hand' {
  const folder = join(root, 'lib')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.ts')) : []
  const sources = names.map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const)
  if (sources.some(([, source]) => addPlatform(source).kind === 'present')) return 'there'
  const stacks = sources.filter(([name]) => name.endsWith('-stack.ts'))
  const [stack, another] = stacks
  if (stack === undefined || another !== undefined) return 'by-hand'
  const outcome = addPlatform(stack[1])
  if (outcome.kind !== 'added') return 'by-hand'
  return { path: `lib/${stack[0]}`, text: outcome.source, what: 'with the construct JobPlatform' }
}
