// Packs the SDK and uses the tarball as a stranger would: in an empty ESM project and in an empty CommonJS
// project, offline, where it runs a job of a local cloud.
import { build } from 'esbuild'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(fileURLToPath(import.meta.url), '../../..')
const work = mkdtempSync(join(tmpdir(), 'jobwire-package-'))
const require = createRequire(import.meta.url)
const tsc = join(dirname(require.resolve('typescript/package.json')), require('typescript/package.json').bin.tsc)
let passed = 0
let failed = 0

async function check(what, body) {
  try {
    await body()
    passed++
    console.log(`package: ok      ${what}`)
  } catch (error) {
    failed++
    console.log(`package: FAILED  ${what}\n${error.stack ?? error}`)
  }
}

function run(cwd, command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 120_000 })
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

function equal(actual, expected) {
  if (actual !== expected) throw new Error(`Expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)
}

// On Windows npm is not a program of its own, so node runs it.
const npm = (cwd, ...args) =>
  process.env.npm_execpath ? run(cwd, process.execPath, [process.env.npm_execpath, ...args]) : run(cwd, 'npm', args)

const JOB = `
  const jobs = await connect({ url: process.argv[2], token: process.argv[3] })
  console.log(JSON.stringify(await jobs.run('greet', { name: 'package' }, { timeout: '25s' })))
  await jobs.close()
`
const PROGRAMS = {
  module: `import { connect } from '@jobwire/sdk'\n${JOB}`,
  commonjs: `const { connect } = require('@jobwire/sdk')\nasync function main() {${JOB}}\nmain()`,
}
const UNREACHABLE = `connect({ url: 'http://127.0.0.1:1/v1', token: 'x' }).catch((error) =>
  console.log([JobwireError.is(error), error instanceof JobwireError, error.code].join()))`

/** Signed by the package `standardwebhooks`. */
const WEBHOOK = `
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  }
  const verify = (body) =>
    verifyWebhook(body, headers, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', { now: () => 1614265330000 })
  const failure = verify('{"test": 0}').catch(({ code }) => code)
  Promise.all([verify('{"test": 2432232314}'), failure]).then(([{ test }, code]) => console.log(test, code))
`

const TASKS_TS = `import { defineTask } from '@jobwire/sdk/task'
export const tasks = {
  greet: defineTask({ run: async (input: { name: string }) => \`Hello, \${input.name}!\`, timeout: '10s' }),
  now: defineTask({ run: () => ({ at: new Date() }) }),
}
`
const CLIENT_TS = (tasks) => `import { connect, JobError } from '@jobwire/sdk'
import type { Job, JobUpdate } from '@jobwire/sdk'
import { verifyWebhook, type WebhookEvent } from '@jobwire/sdk/webhook'
import { createTestClient, type TestClient } from '@jobwire/sdk/testing'
import type { tasks } from '${tasks}'
export async function test(): Promise<string> {
  const client: TestClient<typeof tasks> = createTestClient<typeof tasks>({ handlers: { now: 'hold' } })
  // @ts-expect-error -- there is no such task
  createTestClient<typeof tasks>({ handlers: { great: 'hold' } })
  return client.run('greet', { name: client.jobs[0]!.id })
}
export async function receive(request: Request): Promise<string | undefined> {
  const event: WebhookEvent<string> = await verifyWebhook(await request.text(), request.headers, ['whsec_'])
  return event.type === 'job.success' ? event.data.job.output : undefined
}
export async function main(): Promise<string> {
  const jobs = await connect<typeof tasks>({ url: 'https://x.example/v1', token: async () => 'token' })
  const job: Job<string> = await jobs.submit('greet', { name: 'Ada' }, { priority: 'high' })
  for await (const update of job.updates()) { const seen: JobUpdate = update; void seen }
  const now: { at: string } = await jobs.run('now')
  // @ts-expect-error -- the input has the wrong type
  await jobs.submit('greet', { name: 7 })
  // @ts-expect-error -- there is no such task
  await jobs.submit('great', { name: 'Ada' })
  // @ts-expect-error -- the output is a string
  const wrong: number = await jobs.run('greet', { name: 'Ada' })
  try { return await job.result({ timeout: '2m' }) } catch (error) {
    if (JobError.is(error)) return error.code + error.job.attempts + now.at + String(wrong)
    throw error
  }
}
`

const HOOKS_TS = (tasks) => `import { createHooks, type JobState } from '@jobwire/sdk/react'
import type { tasks } from '${tasks}'
export const { JobwireProvider, useJob, useSubmit, useMap } = createHooks<typeof tasks>()
export function useGreeting(): string | undefined {
  const state: JobState<string> = useSubmit('greet')
  // @ts-expect-error -- the output is a string
  const wrong: number | undefined = state.output
  return state.output ?? String(wrong) + useMap('now').values?.map(({ at }) => at).join()
}
`

/** Runs the user's own code without a deployment, and makes hooks of the user's own React. */
const TESTING = `
  // As fake timers do.
  for (const name of ['queueMicrotask', 'setImmediate', 'setTimeout']) globalThis[name] = () => {}
  const jobs = createTestClient({ handlers: { greet: ({ name }) => 'Hello, ' + name } })
  jobs.run('greet', { name: 'test' }).then((greeting) => console.log(greeting, jobs.jobs[0].status))
`
/** The parts of React that the hooks may use: all are in React 18, the oldest that peerDependencies allow. */
const REACT_18 =
  'createContext createElement useCallback useContext useEffect useMemo useRef useState useSyncExternalStore'.split(' ')
const REACT_NAME = /(?<=import_react\d*\.)\w+|(?<=import \{ )[^}]*(?= \} from "react")/g
const HOOKS = `console.log(Object.keys(createHooks()).join(), createHooks().useJob.length)`

function writeTsconfig(dir, module, moduleResolution) {
  const compilerOptions = {
    module,
    moduleResolution,
    target: 'es2022',
    lib: ['es2022', 'dom'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  }
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
}

async function checkProject(type, tarball, { url, token }) {
  const dir = join(work, type)
  mkdirSync(dir)
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type }))
  const extension = type === 'module' ? 'mjs' : 'cjs'
  const imports =
    type === 'module'
      ? `import { connect, JobwireError } from '@jobwire/sdk'`
      : `const { connect, JobwireError } = require('@jobwire/sdk')`
  const task =
    type === 'module'
      ? `import { defineTask } from '@jobwire/sdk/task'`
      : `const { defineTask } = require('@jobwire/sdk/task')`
  await check(`${type}: installs offline and brings no other package`, () => {
    npm(dir, 'install', tarball, '--ignore-scripts', '--offline', '--no-audit', '--no-fund')
    const { packages } = JSON.parse(readFileSync(join(dir, 'package-lock.json'), 'utf8'))
    equal(Object.keys(packages).join(), ',node_modules/@jobwire/sdk')
  })
  await check(`${type}: imports both entries and rejects with its own errors`, () => {
    writeFileSync(join(dir, `errors.${extension}`), `${imports}\n${UNREACHABLE}`)
    equal(run(dir, process.execPath, [`errors.${extension}`]).trim(), 'true,true,UNREACHABLE')
    writeFileSync(join(dir, `task.${extension}`), `${task}\nconsole.log(defineTask({ run: () => 7 }).run())`)
    equal(run(dir, process.execPath, [`task.${extension}`]).trim(), '7')
  })
  await check(`${type}: verifies a webhook`, () => {
    const verify =
      type === 'module'
        ? `import { verifyWebhook } from '@jobwire/sdk/webhook'`
        : `const { verifyWebhook } = require('@jobwire/sdk/webhook')`
    writeFileSync(join(dir, `webhook.${extension}`), `${verify}\n${WEBHOOK}`)
    equal(run(dir, process.execPath, [`webhook.${extension}`]).trim(), '2432232314 WEBHOOK_SIGNATURE_WRONG')
  })
  await check(`${type}: runs a job over its bundled WebSocket and ends by itself`, async () => {
    writeFileSync(join(dir, `job.${extension}`), PROGRAMS[type])
    equal(await runBeside(dir, [`job.${extension}`, url, token]), '"Hello, package!"')
  })
  await check(`${type}: runs a job from a bundle of its program, as one deploys it`, async () => {
    const outfile = join(dir, 'bundled', `job.${extension}`)
    const format = type === 'module' ? 'esm' : 'cjs'
    await build({ entryPoints: [join(dir, `job.${extension}`)], bundle: true, platform: 'node', format, outfile })
    equal(await runBeside(dir, [outfile, url, token]), '"Hello, package!"')
  })
  await check(`${type}: has a client for tests, and hooks that bring no React of their own`, () => {
    const get = (name, entry) =>
      type === 'module'
        ? `import { ${name} } from '@jobwire/sdk/${entry}'`
        : `const { ${name} } = require('@jobwire/sdk/${entry}')`
    writeFileSync(join(dir, `testing.${extension}`), `${get('createTestClient', 'testing')}\n${TESTING}`)
    equal(run(dir, process.execPath, [`testing.${extension}`]).trim(), 'Hello, test success')
    const folder = join(dir, 'node_modules/@jobwire/sdk/dist', type === 'module' ? 'esm' : 'cjs')
    const bytes = readFileSync(join(folder, 'react.js')).length
    if (bytes > 20_000) throw new Error(`The hooks are ${bytes} bytes: is React among them?`)
    const later = [...readFileSync(join(folder, 'react.js'), 'utf8').matchAll(REACT_NAME)]
      .flatMap(([names]) => names.split(', '))
      .map((name) => name.split(' as ')[0])
      .filter((name) => !REACT_18.includes(name))
    equal(later.join(), '')
    // Beside the SDK, as a user's React would be.
    symlinkSync(join(root, 'node_modules/react'), join(dir, 'node_modules/react'))
    writeFileSync(join(dir, `hooks.${extension}`), `${get('createHooks', 'react')}\n${HOOKS}`)
    equal(
      run(dir, process.execPath, [`hooks.${extension}`]).trim(),
      'JobwireProvider,useJobwire,useJob,useSubmit,useMap 1',
    )
    symlinkSync(join(root, 'node_modules/@types'), join(dir, 'node_modules/@types'))
  })
  writeFileSync(join(dir, 'tasks.ts'), TASKS_TS)
  writeFileSync(join(dir, 'hooks.ts'), HOOKS_TS('./tasks.js'))
  writeFileSync(join(dir, 'client.ts'), CLIENT_TS('./tasks.js'))
  for (const [module, resolution] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    await check(`${type}: type-checks with moduleResolution ${resolution}`, () => {
      writeTsconfig(dir, module, resolution)
      run(dir, process.execPath, [tsc, '-p', '.'])
    })
  }
  await check(`${type}: names its types for a TypeScript that knows no exports`, () =>
    checkOldResolution(join(dir, 'node_modules/@jobwire/sdk')),
  )
}

/** Runs a program without blocking this process, which must answer its requests. */
async function runBeside(cwd, args) {
  const child = spawn(process.execPath, args, { cwd, timeout: 30_000 })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const code = await new Promise((done) => child.on('close', done))
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}:\n${output}`)
  return output.trim()
}

/** TypeScript before 6 resolves like this by default in CommonJS. It does not know `exports`. It is not installed here. */
function checkOldResolution(dir) {
  const { exports, typesVersions, types } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
  const entries = Object.keys(exports).filter((entry) => entry !== './package.json')
  for (const entry of entries) {
    const target = exports[entry].node ?? exports[entry]
    const old = entry === '.' ? types : typesVersions['*'][entry.slice(2)]?.[0]
    equal(old, target.require.types)
    equal(existsSync(join(dir, old)), true)
  }
  equal(Object.keys(typesVersions['*']).length, entries.length - 1)
}

async function checkBrowser() {
  const dir = join(work, 'module')
  await check('browser: the "browser" condition and the default bundle without Node', async () => {
    writeFileSync(join(dir, 'page.js'), `import { connect } from '@jobwire/sdk'\nglobalThis.connect = connect`)
    for (const conditions of [['browser'], []]) {
      const { outputFiles } = await build({
        absWorkingDir: dir,
        entryPoints: ['page.js'],
        bundle: true,
        write: false,
        platform: 'neutral',
        mainFields: [],
        conditions: [...conditions, 'import'],
        format: 'esm',
      })
      if (/node:|require\(/.test(outputFiles[0].text)) throw new Error('The browser build asks for Node modules')
    }
  })
}

/** Checks that errors of every entry, made in one module system, are instances of the classes of the other. */
async function checkErrors() {
  const dir = join(work, 'module')
  const errors = `
    const kinds = async ({ connect, createTestClient, verifyWebhook }) => {
      const errorOf = (promise) => promise.then(() => undefined, (error) => error)
      const jobs = createTestClient({ handlers: { fail: () => { throw new Error('No.') } } })
      const job = await jobs.submit('fail')
      return [
        await errorOf(connect({ url: 'http://127.0.0.1:1/v1', token: 'x' })),
        await errorOf(job.result()),
        await errorOf(verifyWebhook('{}', {}, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')),
      ]
    }`
  const entries = ['sdk', 'sdk/testing', 'sdk/webhook'].map((name) => `@jobwire/${name}`)
  const esm = entries.map((name, index) => `import * as esm${index} from '${name}'`).join('\n')
  const cjs = entries.map((name) => `...require('${name}')`).join(', ')
  await check('node: all entries of both module systems share one copy of the error classes', () => {
    writeFileSync(
      join(dir, 'same.mjs'),
      `import { createRequire } from 'node:module'
       ${esm}
       const require = createRequire(import.meta.url)
       ${errors}
       const systems = [{ ...esm0, ...esm1, ...esm2 }, { ${cjs} }]
       const known = []
       for (const system of systems) {
         for (const error of await kinds(system)) {
           for (const { JobwireError, JobError } of [...systems, esm2, require('@jobwire/sdk/webhook')]) {
             known.push(error instanceof JobwireError, JobError ? error instanceof JobError === JobError.is(error) : true)
           }
         }
       }
       console.log(known.length, known.every(Boolean))`,
    )
    equal(run(dir, process.execPath, ['same.mjs']).trim(), '48 true')
  })
  // As jest with jsdom resolves: CommonJS, for browsers.
  await check('browser, CommonJS: all entries share one copy of the error classes', () => {
    writeFileSync(
      join(dir, 'same.cjs'),
      `const sdk = { ${cjs} }
       ${errors}
       kinds(sdk).then((all) => console.log(all.map((error) => error instanceof sdk.JobwireError).join()))`,
    )
    equal(run(dir, process.execPath, ['--conditions=browser', 'same.cjs']).trim(), 'true,true,true')
  })
  await check('browser, CommonJS: all entries work without the globals that jsdom lacks, as under Jest', () => {
    writeFileSync(
      join(dir, 'jsdom.cjs'),
      `for (const name of ['TextEncoder', 'TextDecoder', 'structuredClone', 'fetch']) delete globalThis[name]
       const getRandomValues = crypto.getRandomValues.bind(crypto)
       Object.defineProperty(globalThis, 'crypto', { value: { getRandomValues } })
       const { connect } = require('@jobwire/sdk')
       const { createTestClient } = require('@jobwire/sdk/testing')
       const { verifyWebhook } = require('@jobwire/sdk/webhook')
       async function main() {
         const jobs = createTestClient({ handlers: { greet: ({ name }) => 'Hello, ' + name } })
         const webhook = { url: 'https://app.example/hook' }
         const output = await jobs.run('greet', { name: 'jsdom' }, { idempotencyKey: 'once', webhook })
         const [{ body, headers }] = await jobs.webhooks()
         const later = jobs.run('greet', { name: 'later' }, { idempotencyKey: 'later', delay: '1h' })
         await jobs.advance('1h')
         const { type } = await verifyWebhook(body, headers, await jobs.webhookSecret())
         const unreachable = await connect({ url: 'http://127.0.0.1:1', token: 'x' }).catch(({ code }) => code)
         console.log([output, jobs.jobs[0].status, type, await later, unreachable].join())
       }
       main()`,
    )
    const output = run(dir, process.execPath, ['--conditions=browser', 'jsdom.cjs']).trim()
    equal(output, 'Hello, jsdom,success,job.success,Hello, later,UNREACHABLE')
  })
}

/** Checks the bundles of programs that use little or nothing of their imports. */
async function checkBundles() {
  const dir = join(work, 'module')
  const bundle = async (contents) => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: dir },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      external: ['react'],
      logLevel: 'error',
    })
    return outputFiles[0].text
  }
  await check('bundles hold nothing of an entry that is not used, and little of one that is', async () => {
    for (const entry of ['', '/task', '/webhook', '/react', '/testing']) {
      equal((await bundle(`import * as unused from '@jobwire/sdk${entry}'`)).trim(), '')
    }
    for (const [contents, limit] of [
      [`export { JobwireError } from '@jobwire/sdk'`, 1_000],
      [`export { verifyWebhook } from '@jobwire/sdk/webhook'`, 4_000],
      [`export { createHooks } from '@jobwire/sdk/react'`, 5_000],
    ]) {
      const { length } = await bundle(contents)
      if (length > limit) throw new Error(`${contents} makes a bundle of ${length} bytes, over ${limit}.`)
    }
  })
}

function checkContents({ filename, files, size, unpackedSize }) {
  const paths = files.map(({ path }) => path)
  const strays = paths.filter(
    (path) =>
      !/^(LICENSE|README\.md|THIRD_PARTY\.md|package\.json|dist\/cjs\/package\.json)$/.test(path) &&
      !/^dist\/(esm|cjs)\/[\w-]+\.js(\.map)?$/.test(path) &&
      !/^dist\/(esm|cjs)\/types\/(sdk\/src|protocol)\/([\w-]+\/)?[\w-]+\.d\.ts$/.test(path),
  )
  equal(strays.join(), '')
  const manifest = JSON.parse(readFileSync(join(root, 'sdk/package.json'), 'utf8'))
  const named = JSON.stringify([manifest.exports, manifest.main, manifest.types])
  const targets = [...named.matchAll(/"\.\/(dist[^"]+)"/g)].map(([, target]) => target)
  equal(targets.filter((target) => !paths.includes(target)).join(), '')
  console.log(`package: ${filename} has ${paths.length} files, ${size} bytes packed and ${unpackedSize} unpacked`)
}

/** Starts a local cloud as a user does. Its first line has its address. */
async function startCloud() {
  const child = spawn(process.execPath, ['scripts/run.mjs', 'bin/jobwire.ts', 'start', '--json', '--port', '0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((done) => child.once('exit', done))
  const line = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
  if (!Array.isArray(line)) throw new Error('The local cloud ended before it was ready.')
  const { url, token } = JSON.parse(line[0])
  const close = () => {
    child.kill('SIGINT')
    return ended
  }
  return { url, token, close }
}

let cloud
try {
  let tarball
  await check('packs', () => {
    const [packed] = JSON.parse(npm(join(root, 'sdk'), 'pack', '--json', '--silent', '--pack-destination', work))
    tarball = join(work, packed.filename)
    checkContents(packed)
  })
  if (tarball !== undefined) {
    cloud = await startCloud()
    await checkProject('module', tarball, cloud)
    await checkProject('commonjs', tarball, cloud)
    await checkBrowser()
    await checkErrors()
    await checkBundles()
  }
} finally {
  await cloud?.close()
  rmSync(work, { recursive: true, force: true })
}
console.log(`package: ${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
