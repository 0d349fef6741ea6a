// Packs `jobwire` and `@jobwire/sdk`, and uses the tarballs as a stranger would: in CDK's own template, as CommonJS and
// as ES modules, in another folder, in a monorepo, under npm, pnpm and yarn. What comes from the registry is pinned.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { check, counts, equal, root, run } from './checks.mjs'
import { checkDev } from './dev-checks.mjs'
import { app, stack, TASKS, writeFiles } from './fresh-apps.mjs'
import { checkGuide } from './getting-started.mjs'

const require = createRequire(import.meta.url)
const work = realpathSync(mkdtempSync(join(tmpdir(), 'jobwire-packed-')))
const { version: cdkVersion } = require('aws-cdk-lib/package.json')
const { version: cdkCliVersion } = require('aws-cdk/package.json')
const { version: constructsVersion } = require('constructs/package.json')
const TSX = '4.23.15'
const PINNED = {
  publint: 'publint@0.3.25',
  attw: '@arethetypeswrong/cli@0.18.5',
  typescript5: 'typescript@5.9.3',
  pnpm: 'pnpm@10.34.8',
  yarnClassic: 'yarn@1.22.22',
  yarn: '@yarnpkg/cli-dist@4.18.1',
}
/** The oldest CDK that has everything that the construct uses: the least that `peerDependencies` allow. */
const OLDEST_CDK = require('../../jobwire/package.json').peerDependencies['aws-cdk-lib'].replace('^', '')

const npm = (cwd, ...args) => run(cwd, 'npm', args)
const registry = npm(root, 'config', 'get', 'registry').trim().replace(/\/$/, '')
const fromRegistry = (cwd, pinned, command, ...args) =>
  npm(cwd, 'exec', '--yes', '--prefer-offline', `--package=${pinned}`, '--', command, ...args)
const install = (cwd, ...args) =>
  npm(cwd, 'install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', ...args)

function pack(folder) {
  const [packed] = JSON.parse(npm(join(root, folder), 'pack', '--json', '--silent', '--pack-destination', work))
  const files = packed.files.map(({ path }) => path)
  console.log(
    `package: ${packed.filename} has ${files.length} files, ${packed.size} bytes packed and ${packed.unpackedSize} unpacked`,
  )
  return { name: packed.name, tarball: join(work, packed.filename), files }
}

const ALLOWED = [
  /^(LICENSE|README\.md|package\.json)$/,
  /^dist\/(THIRD_PARTY\.md|bin\.mjs|index\.(mjs|js|js\.map|d\.ts|d\.mts)|lambda-runtime\.cjs)$/,
  /^dist\/cli\/[\w-]+\.mjs(\.map)?$/,
  /^dist\/lambdas\/[\w-]+\.m?js$/,
  /^dist\/types\/(lib|protocol)\/([\w-]+\/)?[\w-]+\.d\.ts$/,
]
/** Signs of something that must not leave this machine: keys, passwords in addresses, the paths of the build. */
const SECRETS =
  /AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|\/\/[^\s/:@'"`$]+:[^\s/:@'"`$]+@|_authToken/

function checkContents({ name, files }) {
  if (name === 'jobwire') equal(files.filter((path) => !ALLOWED.some((allowed) => allowed.test(path))).join(), '')
  equal(files.filter((path) => /(^|\/)(test|tests|__tests__)\/|\.test\./.test(path)).join(), '')
  const folder = join(root, name === 'jobwire' ? 'jobwire' : 'sdk')
  for (const path of files) {
    const text = readFileSync(join(folder, path), 'utf8')
    const secret = SECRETS.exec(text)?.[0] ?? (text.includes(root) ? root : undefined)
    if (secret !== undefined) throw new Error(`${path} has ${secret}`)
  }
}

/**
 * Returns the template of an assembly, with `<hash>` in place of the hashes of assets and without the metadata that the
 * CDK's command line asks for, and the files of each function.
 */
function readAssembly(dir) {
  const content = JSON.parse(readFileSync(join(dir, 'AppStack.template.json'), 'utf8'))
  const { Resources: resources } = content
  for (const resource of Object.values(resources)) delete resource.Metadata
  const template = JSON.stringify(content)
  const functions = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
  const files = functions.map(([id, { Properties }]) => {
    const asset = join(dir, `asset.${Properties.Code.S3Key.replace('.zip', '')}`)
    return `${id}: ${readdirSync(asset).sort().join()}`
  })
  // The deployment of a REST API is named after all that it serves, code included.
  const same = template.replaceAll(/\b[0-9a-f]{64}\b|(?<=ApiDeployment[0-9A-F]{8})[0-9a-f]{32}\b/g, '<hash>')
  return { template: same, files: files.join('\n') }
}

function checkAssembly(dir, expected) {
  const { template, files } = readAssembly(dir)
  equal(files, expected.files)
  if (expected.template !== undefined) equal(template, expected.template)
}

/** The same stack, made by the construct in the repository from its sources. */
function repositoryAssembly(templateApp) {
  const outdir = join(work, 'repository.out')
  const { context } = JSON.parse(readFileSync(join(templateApp, 'cdk.json'), 'utf8'))
  const program = join(root, '.jobwire', `packed-${process.pid}.ts`)
  mkdirSync(dirname(program), { recursive: true })
  writeFileSync(program, app('').replace('../lib/app-stack', join(templateApp, 'lib/app-stack.ts')))
  try {
    run(templateApp, process.execPath, [join(root, 'scripts/run.mjs'), program], {
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      CDK_VALIDATION: 'false',
    })
  } finally {
    rmSync(program)
  }
  return readAssembly(outdir)
}

const cdkBin = (dir) => join(dir, 'node_modules/aws-cdk/bin/cdk')
const synth = (cwd, bin, ...args) => run(cwd, process.execPath, [bin, 'synth', '--quiet', ...args])

async function checkTemplateApp(tarballs) {
  const dir = join(work, 'app')
  mkdirSync(dir)
  await check('npm: installs into an app of CDK’s own template', () => {
    run(dir, process.execPath, [cdkBin(root), 'init', 'app', '--language', 'typescript', '--generate-only'])
    writeFiles(dir, { 'src/tasks.ts': TASKS, 'lib/app-stack.ts': stack('src/tasks.ts'), 'bin/app.ts': app('') })
    install(dir, `aws-cdk-lib@${cdkVersion}`, `constructs@${constructsVersion}`, ...tarballs)
  })
  let expected
  await check('npm: type-checks and synthesizes as the template says, like the construct in the repository', () => {
    synth(dir, cdkBin(dir))
    expected = repositoryAssembly(dir)
    checkAssembly(join(dir, 'cdk.out'), expected)
  })
  await checkDev('npm', dir, join(dir, 'src/tasks.ts'))
  await check('the command line prints its help, without what only the repository can do', () => {
    const output = run(dir, process.execPath, [join(dir, 'node_modules/jobwire/dist/bin.mjs'), '--help'])
    if (!output.includes('submit') || /^ {2}(start|demo) /m.test(output)) throw new Error(output)
  })
  await check('types: also for TypeScript 5, with each resolution and with declarations checked', () => {
    install(dir, '--no-save', `typescript5@npm:${PINNED.typescript5}`)
    for (const [module, moduleResolution] of [
      ['node16', 'node16'],
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
      ['commonjs', 'node10'],
    ]) {
      const strict = { strict: true, noUncheckedIndexedAccess: true }
      const compilerOptions = { module, moduleResolution, target: 'es2022', noEmit: true, types: ['node'], ...strict }
      // Once is enough: this also checks the declarations of the whole CDK.
      const skipLibCheck = module !== 'nodenext'
      const tsconfig = { compilerOptions: { ...compilerOptions, skipLibCheck }, include: ['bin', 'lib', 'src'] }
      writeFiles(dir, { 'tsconfig.5.json': tsconfig })
      run(dir, process.execPath, ['node_modules/typescript5/bin/tsc', '-p', 'tsconfig.5.json'])
    }
  })
  await check('npm: synthesizes from another folder', () => {
    const elsewhere = join(work, 'elsewhere')
    mkdirSync(elsewhere)
    cpSync(join(dir, 'cdk.json'), join(elsewhere, 'cdk.json'))
    const tsx = `${process.execPath} ${join(dir, 'node_modules/tsx/dist/cli.mjs')} ${join(dir, 'bin/app.ts')}`
    synth(elsewhere, cdkBin(dir), '--app', tsx)
    checkAssembly(join(elsewhere, 'cdk.out'), expected)
  })
  await check('npm: synthesizes as ES modules, in Node alone', () => {
    const modules = join(dir, 'modules')
    writeFiles(modules, {
      'package.json': { type: 'module' },
      'cdk.json': readFileSync(join(dir, 'cdk.json'), 'utf8'),
      'src/tasks.ts': TASKS,
      'lib/app-stack.js': plainJavaScript(stack('src/tasks.ts')),
      'bin/app.js': app('.js'),
    })
    synth(modules, cdkBin(dir), '--app', `${process.execPath} bin/app.js`)
    checkAssembly(join(modules, 'cdk.out'), expected)
  })
  await check('npm: synthesizes with the oldest CDK that the package allows', () => {
    install(dir, '--no-save', `aws-cdk-lib@${OLDEST_CDK}`)
    synth(dir, cdkBin(dir), '--app', 'npx tsx bin/app.ts', '--output', 'oldest.out')
    equal(readAssembly(join(dir, 'oldest.out')).files, expected.files)
  })
  return expected
}

function plainJavaScript(text) {
  const { transformSync } = require('esbuild')
  return transformSync(text, { loader: 'ts', format: 'esm', target: 'es2022' }).code
}

const APP_DEPENDENCIES = {
  'aws-cdk': cdkCliVersion,
  constructs: constructsVersion,
  tsx: TSX,
}

/** Yarn asks the registry for the binaries of all platforms. A mirror may have those of this platform alone. */
const FOR_YARN = {
  resolutions: Object.fromEntries(
    Object.entries(require('../../jobwire/package.json').optionalDependencies)
      .filter(([name]) => !name.endsWith(`/${process.platform}-${process.arch}`))
      .map(([name, version]) => [name, `npm:@dynoxide/${process.platform}-${process.arch}@${version}`]),
  ),
}

/** A monorepo: the app in one package, its tasks in another, and what they import in a third. */
function writeMonorepo(dir, cdkJson, { sdk, jobwire }, workspace = '*', cdk = cdkVersion) {
  writeFiles(dir, {
    'package.json': { private: true, workspaces: ['packages/*'], ...(cdk === cdkVersion ? {} : FOR_YARN) },
    'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
    '.yarnrc': `registry "${registry}"\n`,
    '.yarnrc.yml': `nodeLinker: node-modules\nenableTelemetry: false\nenableScripts: false\nnpmRegistryServer: "${registry}"\n`,
    'packages/greetings/package.json': {
      name: '@acme/greetings',
      version: '1.0.0',
      type: 'module',
      exports: './hi.ts',
    },
    'packages/greetings/hi.ts': 'export const hello = (name: string) => `Hello, ${name}!`\n',
    'packages/jobs/package.json': {
      name: '@acme/jobs',
      version: '1.0.0',
      type: 'module',
      dependencies: { '@acme/greetings': workspace, '@jobwire/sdk': `file:${sdk}` },
    },
    'packages/jobs/src/tasks.ts': `import { hello } from '@acme/greetings';\n${TASKS}`.replace(
      '`Hello, ${input.name}!`',
      'hello(input.name)',
    ),
    'packages/infra/package.json': {
      name: '@acme/infra',
      version: '1.0.0',
      scripts: { synth: 'cdk synth --quiet' },
      dependencies: { ...APP_DEPENDENCIES, 'aws-cdk-lib': cdk, jobwire: `file:${jobwire}` },
    },
    'packages/infra/cdk.json': { ...JSON.parse(cdkJson), app: 'npx tsx bin/app.ts' },
    'packages/infra/lib/app-stack.ts': stack('../jobs/src/tasks.ts'),
    'packages/infra/bin/app.ts': app(''),
  })
}

async function checkMonorepo(name, tarballs, { cdkJson, expected, workspace, cdk, installIn, exec }) {
  await check(`${name}: synthesizes in a monorepo, from its package and from its root`, () => {
    const dir = join(work, name.replaceAll(/\W/g, '-'))
    writeMonorepo(dir, cdkJson, tarballs, workspace, cdk)
    installIn(dir)
    const infra = join(dir, 'packages/infra')
    exec(infra)
    checkAssembly(join(infra, 'cdk.out'), expected)
    const bin = [infra, dir].map(cdkBin).find((path) => existsSync(path))
    cpSync(join(infra, 'cdk.json'), join(dir, 'cdk.json'))
    const tsx = [infra, dir].map((folder) => join(folder, 'node_modules/tsx/dist/cli.mjs')).find(existsSync)
    synth(dir, bin, '--app', `${process.execPath} ${tsx} packages/infra/bin/app.ts`)
    checkAssembly(join(dir, 'cdk.out'), expected)
  })
}

async function checkManagers(tarballs, cdkJson, expected) {
  await checkMonorepo('npm workspaces', tarballs, {
    cdkJson,
    expected,
    installIn: (dir) => install(dir),
    exec: (infra) => npm(infra, 'run', 'synth'),
  })
  await checkMonorepo('pnpm', tarballs, {
    cdkJson,
    expected,
    workspace: 'workspace:*',
    installIn: (dir) => fromRegistry(dir, PINNED.pnpm, 'pnpm', 'install', '--prefer-offline', '--ignore-scripts'),
    exec: (infra) => fromRegistry(infra, PINNED.pnpm, 'pnpm', 'run', 'synth'),
  })
  // The tasks import this file from another package.
  await checkDev('pnpm', join(work, 'pnpm/packages/infra'), join(work, 'pnpm/packages/greetings/hi.ts'))
  // Yarn asks the registry for what the CDK bundles, too, and not every registry has it. This CDK bundles less.
  const oldest = { cdk: OLDEST_CDK, expected: { files: expected.files } }
  await checkMonorepo('yarn classic', tarballs, {
    cdkJson,
    ...oldest,
    installIn: (dir) =>
      fromRegistry(dir, PINNED.yarnClassic, 'yarn', 'install', '--prefer-offline', '--ignore-scripts'),
    exec: (infra) => fromRegistry(infra, PINNED.yarnClassic, 'yarn', 'run', 'synth'),
  })
  await checkMonorepo('yarn', tarballs, {
    cdkJson,
    ...oldest,
    workspace: 'workspace:*',
    installIn: (dir) => {
      writeFileSync(join(dir, 'yarn.lock'), '')
      fromRegistry(dir, PINNED.yarn, 'yarn', 'install', '--no-immutable')
    },
    exec: (infra) => fromRegistry(infra, PINNED.yarn, 'yarn', 'run', 'synth'),
  })
}

try {
  let packages = []
  await check('both pack, with nothing that does not belong', () => {
    packages = ['jobwire', 'sdk'].map(pack)
    packages.forEach(checkContents)
  })
  const tarballs = packages.map(({ tarball }) => tarball)
  for (const { name, tarball } of packages) {
    await check(`${name}: publint and arethetypeswrong find nothing`, () => {
      fromRegistry(work, PINNED.publint, 'publint', tarball, '--strict')
      fromRegistry(work, PINNED.attw, 'attw', tarball)
    })
  }
  const expected = await checkTemplateApp(tarballs)
  const pinned = [`aws-cdk-lib@${cdkVersion}`, `constructs@${constructsVersion}`]
  await checkGuide(work, tarballs, cdkBin(root), pinned)
  const [jobwire, sdk] = tarballs
  if (expected !== undefined) {
    await checkManagers({ jobwire, sdk }, readFileSync(join(work, 'app/cdk.json'), 'utf8'), expected)
  }
} finally {
  if (process.env.KEEP_PACKED === undefined) rmSync(work, { recursive: true, force: true })
  else console.log(work)
}
console.log(`package: ${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed === 0 ? 0 : 1
