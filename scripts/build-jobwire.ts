// Builds jobwire/dist: the construct, the command line, and the code of the functions and of the local cloud.
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions, type Metafile } from 'esbuild'
import { FUNCTION_OPTIONS } from '../lib/bundle-options.ts'
import { FUNCTION_ENTRIES } from '../lib/function-files.ts'
import { esbuildAliases } from './package-aliases.js'
import { emitDeclarations, findPublicTypes, writeTypes } from './public-types.js'

const root = findRoot()
const dist = join(root, 'jobwire/dist')
/** These bundle or read the user's tasks, so they are bundled once more: in the user's project. */
const WITH_TASKS = ['worker', 'input-thread', 'catalog-process']
const WITHOUT_TASKS = [...FUNCTION_ENTRIES.filter((entry) => entry !== 'worker'), 'hold-thread']
/** Taken from the user's own node_modules. */
const EXTERNAL = ['aws-cdk-lib', 'constructs', 'esbuild']

rmSync(dist, { recursive: true, force: true })
const metafiles = [await buildFunctions(), await buildTaskEntries(), await buildRuntime(), await buildCommandLine()]
await buildConstruct()
declareTypes()
writeThirdParty(metafiles)
copyFileSync(join(root, 'LICENSE'), join(root, 'jobwire/LICENSE'))

/** The functions that know the tasks as data at most, as they are deployed. */
function buildFunctions(): Promise<Metafile> {
  return bundle({
    ...FUNCTION_OPTIONS,
    minify: true,
    entryPoints: entries(WITHOUT_TASKS),
    outdir: join(dist, 'lambdas'),
  })
}

/** As ES modules, so that the bundle in the user's project leaves out what the tasks do not use. */
function buildTaskEntries(): Promise<Metafile> {
  const { supported: _bundledLater, ...options } = FUNCTION_OPTIONS
  return bundle({
    ...options,
    minify: true,
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    entryPoints: entries(WITH_TASKS),
    external: ['jobwire-tasks'],
    outdir: join(dist, 'lambdas'),
  })
}

function entries(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `lambdas/entry/${name}.ts`]))
}

/** The code of the threads in which the local cloud runs functions. */
function buildRuntime(): Promise<Metafile> {
  return bundle({
    ...FUNCTION_OPTIONS,
    supported: {},
    entryPoints: ['local/services/lambda/runtime/runtime.ts'],
    outfile: join(dist, 'lambda-runtime.cjs'),
  })
}

/** In parts, so that a command loads only what it needs. */
async function buildCommandLine(): Promise<Metafile> {
  const metafile = await bundle({
    platform: 'node',
    target: 'node20',
    bundle: true,
    format: 'esm',
    splitting: true,
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    mainFields: ['module', 'main'],
    legalComments: 'none',
    entryPoints: { jobwire: 'bin/jobwire.ts' },
    outExtension: { '.js': '.mjs' },
    chunkNames: 'part-[hash]',
    alias: esbuildAliases(root),
    external: EXTERNAL,
    // Some packages inside are CommonJS.
    banner: {
      js: "import { createRequire as createRequireHere } from 'node:module'\nconst require = createRequireHere(import.meta.url)",
    },
    outdir: join(dist, 'cli'),
  })
  const bin = join(dist, 'bin.mjs')
  // Node 22 and later keep compiled code.
  writeFileSync(
    bin,
    `#!/usr/bin/env node\nimport module from 'node:module'\n\nmodule.enableCompileCache?.()\nawait import('./cli/jobwire.mjs')\n`,
  )
  chmodSync(bin, 0o755)
  return metafile
}

/** One copy of the code for both module systems, so that both see the same classes. */
async function buildConstruct(): Promise<void> {
  const { outputs } = await bundle({
    platform: 'node',
    target: 'node20',
    bundle: true,
    format: 'cjs',
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: true,
    entryPoints: ['lib/index.ts'],
    outfile: join(dist, 'index.js'),
    external: EXTERNAL,
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href" },
  })
  const packages = Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
  // The entry of the CDK loads all its services, which takes a second.
  if (packages.includes('aws-cdk-lib')) throw new Error('Import the CDK by its submodules, like aws-cdk-lib/core.')
}

function declareTypes(): void {
  const emitted = join(dist, 'emitted')
  emitDeclarations(root, join(root, 'jobwire/tsconfig.json'), emitted)
  const types = findPublicTypes(emitted, ['lib/index.d.ts'], ['aws-cdk-lib', 'constructs'])
  writeTypes(emitted, types, join(dist, 'types'))
  rmSync(emitted, { recursive: true })
  const names = [...readFileSync(join(dist, 'types/lib/index.d.ts'), 'utf8').matchAll(/^export \{ (.*) \} from/gm)]
  const values = names.flatMap(([, list]) => list!.split(', '))
  writeFileSync(join(dist, 'index.d.ts'), "export * from './types/lib/index.js'\n")
  writeFileSync(join(dist, 'index.d.mts'), "export * from './types/lib/index.js'\n")
  writeFileSync(
    join(dist, 'index.mjs'),
    `import jobwire from './index.js'\n\nexport const { ${values.join(', ')} } = jobwire\n`,
  )
}

async function bundle(options: BuildOptions): Promise<Metafile> {
  const { metafile } = await build({ ...options, logLevel: 'warning', absWorkingDir: root, metafile: true })
  return metafile
}

/** Collects the licenses of the packages whose code is in the bundles. */
function writeThirdParty(built: readonly Metafile[]): void {
  const inputs = built.flatMap((metafile) =>
    Object.values(metafile.outputs).flatMap((output) =>
      Object.entries(output.inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
    ),
  )
  const folders = new Set(inputs.map((file) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0]))
  const notices = [...folders]
    .filter((folder) => folder !== undefined)
    .sort()
    .map(notice)
  const head = '# Third-party software\n\nThe files of this package contain code of these packages.\n'
  writeFileSync(join(dist, 'THIRD_PARTY.md'), [head, ...notices].join('\n'))
}

function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
    name: string
    version: string
    license?: string
  }
  const file = readdirSync(join(root, folder)).find((one) => /^licen[cs]e/i.test(one))
  const text = file === undefined ? '' : `\n\`\`\`\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n\`\`\`\n`
  // The text of this license is in the file LICENSE of the package.
  return `## ${name} ${version}\n\n${license ?? 'See below.'}\n${license === 'Apache-2.0' ? '' : text}`
}

function findRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'lambdas/entry'))) return folder
  }
}
