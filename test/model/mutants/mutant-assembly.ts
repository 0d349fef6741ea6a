import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { esbuildAliases } from '../../../scripts/package-aliases.js'
import type { Mutant } from './mutants.ts'

/** Folders that contain no code of functions. */
const NO_SOURCES = new Set(['node_modules', 'cdk.out', 'docs', 'bench', 'examples', 'local'])
/** Patterns for the logical ids of the functions, by their entry. */
const FUNCTIONS: Readonly<Record<string, RegExp>> = {
  rest: /^Platform.*Rest/,
  socket: /^Platform.*Socket/,
  worker: /^Platform.*Worker/,
  'dead-letters': /^Platform.*DeadLetters/,
}

/** Copies the assembly and gives its functions the mutant's bug. Both folders are within `workDir`. */
export function mutantAssembly(assemblyDir: string, mutant: Mutant, workDir: string): string {
  const sources = join(workDir, 'sources')
  const mutated = join(workDir, 'assembly')
  for (const entry of readdirSync('.', { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('.') || NO_SOURCES.has(entry.name)) continue
    cpSync(entry.name, join(sources, entry.name), { recursive: true })
  }
  symlinkSync(join(process.cwd(), 'node_modules'), join(sources, 'node_modules'))
  patch(join(sources, mutant.file), mutant)
  cpSync(assemblyDir, mutated, { recursive: true })
  for (const [entry, code] of Object.entries(bundle(sources))) {
    writeFileSync(join(assetOf(mutated, entry), 'index.js'), code)
  }
  return mutated
}

function patch(file: string, { name, from, to }: Mutant): void {
  const source = readFileSync(file, 'utf8')
  if (source.split(from).length !== 2) {
    throw new Error(`The mutant "${name}" no longer fits: ${file} must contain exactly once: ${from}`)
  }
  writeFileSync(
    file,
    source.replace(from, () => to),
  )
}

function bundle(root: string): Record<string, string> {
  const { outputFiles } = buildSync({
    entryPoints: Object.keys(FUNCTIONS).map((entry) => join(root, 'lambdas/entry', `${entry}.ts`)),
    outdir: join(root, 'out'),
    absWorkingDir: root,
    bundle: true,
    write: false,
    minify: true,
    keepNames: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'silent',
    alias: esbuildAliases(root, join(root, 'test/model/support/tasks.ts')),
  })
  const codeOf = (entry: string): string => outputFiles.find(({ path }) => path.endsWith(`/${entry}.js`))!.text
  return Object.fromEntries(Object.keys(FUNCTIONS).map((entry) => [entry, codeOf(entry)]))
}

function assetOf(assembly: string, entry: string): string {
  const file = readdirSync(assembly).find((name) => name.endsWith('.template.json'))!
  const { Resources: resources } = JSON.parse(readFileSync(join(assembly, file), 'utf8')) as {
    Resources: Record<string, { Type: string; Properties: { Code?: { S3Key: string } } }>
  }
  const [, found] = Object.entries(resources).find(
    ([id, { Type }]) => Type === 'AWS::Lambda::Function' && FUNCTIONS[entry]!.test(id),
  )!
  return join(assembly, `asset.${found.Properties.Code!.S3Key.replace('.zip', '')}`)
}
