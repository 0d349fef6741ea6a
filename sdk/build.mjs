// Builds dist/: JavaScript for Node and browsers as ES modules and CommonJS, and self-contained types for both.
import { build } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { builtinModules as BUILTIN_NAMES, createRequire } from 'node:module'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const MAX_BROWSER_GZIP_BYTES = 8 * 1024
/** What the core loads when it is needed first. */
const LAZY = ['calls/verbs', 'wire/rest-socket']
/** Names of properties that nobody outside of the SDK sees: shortened for browsers. */
const INTERNAL_NAMES = `
  abandon accepted address answered ask attach awaitOutput cancelRetry cancelTimer changed closed complete
  connection current denied drain drop durable ended events fail firstMs flushSoon heard hold info isLive item known lastSentMs
  latest link listeners lost maxAgeMs maxItems maxTries need nextId nextRef opened openedMs openInstead openSocket
  outcome polling pushed question received rejected release remembered resending rest sends setBusy submitting
  subscribing terminate timers told track tries unanswered unreachable want watchedOn watchers watchList whole
  withDefaults
`
  .trim()
  .split(/\s+/)
const lazyApart = {
  name: 'lazy-apart',
  setup(plugins) {
    plugins.onResolve({ filter: new RegExp(`/(${LAZY.join('|')})\\.ts$`) }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path, '.ts')}.js`, external: true } : undefined,
    )
  },
}
/**
 * Node's own modules without `require`, which users' bundlers cannot keep where they make ES modules of the SDK. Before
 * 20.16 Node has no other way to them.
 */
const BUILTIN = `'use strict'\nvar builtin = process.getBuiltinModule ?? module.constructor.createRequire(process.cwd() + '/')`
const builtinModules = {
  name: 'builtin-modules',
  setup(plugins) {
    plugins.onResolve({ filter: new RegExp(`^(node:)?(${BUILTIN_NAMES.join('|')})$`) }, ({ path }) => ({
      path,
      namespace: 'builtin',
    }))
    plugins.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = builtin(${JSON.stringify(path)})`,
    }))
  },
}
const ERRORS = join(dirname(fileURLToPath(import.meta.url)), 'src/api/errors.ts')
/** Lets a file take the classes of errors from the one beside it that has them, so that all entries share them. */
const errorsFrom = (path) => ({
  name: 'errors-apart',
  setup(plugins) {
    plugins.onResolve({ filter: /\/errors\.ts$/ }, ({ path: specifier, resolveDir }) =>
      join(resolveDir, specifier) === ERRORS ? { path, external: true } : undefined,
    )
  },
})

const sdk = dirname(fileURLToPath(import.meta.url))
const root = dirname(sdk)
const dist = join(sdk, 'dist')
const require = createRequire(import.meta.url)
/** What stands in for globals that test frameworks hide or fake. */
const hiddenByJsdom = join(sdk, 'src/shims/hidden-by-jsdom.ts')
const notFaked = join(sdk, 'src/shims/not-faked.ts')
const ws = dirname(require.resolve('ws/package.json'))

rmSync(dist, { recursive: true, force: true })
await buildErrors()
await buildNode()
await buildBrowser()
for (const entry of ['task', 'webhook', 'react', 'testing']) await buildNeutral(entry)
writeFileSync(join(dist, 'cjs/package.json'), '{ "type": "commonjs" }\n')
buildTypes()
checkThirdParty()
checkSize()

/** In CommonJS the classes of errors are a file of their own, which all entries require. */
async function buildErrors() {
  await build({ ...neutral('api/errors'), minify: false, format: 'cjs', outfile: join(dist, 'cjs/errors.js') })
}

/** One copy of the code for both module systems, so that both see the same error classes. */
async function buildNode() {
  await build({
    entryPoints: [join(sdk, 'src/index.ts')],
    outfile: join(dist, 'cjs/node.js'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // The client alone: the package's entry would bring its server as well.
    alias: { ws: join(ws, 'lib/websocket.js') },
    // Optional accelerators of ws, which it asks these variables about before it tries to load them.
    define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
    minifySyntax: true,
    banner: { js: BUILTIN },
    plugins: [errorsFrom('./errors.js'), builtinModules],
    logLevel: 'warning',
  })
  wrapForNode('node.js', 'node.js', ['connect', 'JobError', 'JobwireError'])
}

function wrapForNode(wrapper, wrapped, names) {
  mkdirSync(join(dist, 'esm'), { recursive: true })
  const lines = [`import sdk from '../cjs/${wrapped}'`, '', `export const { ${names.join(', ')} } = sdk`, '']
  writeFileSync(join(dist, 'esm', wrapper), lines.join('\n'))
}

/**
 * As ES modules: the core alone, and beside it what it loads on first use, which has copies of its own of the small
 * functions that both need, but takes the classes of errors from the core. As CommonJS: all in one.
 */
async function buildBrowser() {
  // Only one name each: whoever mangles the core otherwise than the rest breaks both.
  const shared = { mangleProps: new RegExp(`^(${INTERNAL_NAMES.join('|')})$`), mangleCache: {} }
  for (const entry of ['browser', ...LAZY]) {
    const outfile = join(dist, 'esm', `${basename(entry)}.js`)
    const plugins = entry === 'browser' ? [lazyApart] : [lazyApart, errorsFrom('./browser.js')]
    const { mangleCache } = await build({ ...neutral(entry), ...shared, format: 'esm', outfile, plugins })
    shared.mangleCache = mangleCache
  }
  const plugins = [errorsFrom('./errors.js')]
  await build({
    ...neutral('browser'),
    inject: [hiddenByJsdom],
    format: 'cjs',
    outfile: join(dist, 'cjs/browser.js'),
    plugins,
  })
}

/** For browsers as ES modules, for all others as CommonJS: in Node the ES module is a wrapper, as that of the client. */
async function buildNeutral(entry) {
  const common = { ...neutral(entry), external: ['react'], minify: false, metafile: true }
  for (const [format, errors] of [
    ['esm', './browser.js'],
    ['cjs', './errors.js'],
  ]) {
    const outfile = join(dist, format, `${entry}.js`)
    const inject = [...(format === 'cjs' ? [hiddenByJsdom] : []), ...(entry === 'testing' ? [notFaked] : [])]
    const { metafile } = await build({ ...common, inject, format, outfile, plugins: [errorsFrom(errors)] })
    const [{ exports, imports }] = Object.values(metafile.outputs)
    if (format === 'esm' && imports.some(({ path }) => path === errors)) {
      wrapForNode(`node-${entry}.js`, `${entry}.js`, exports)
    }
  }
}

function neutral(entry) {
  const entryPoints = [join(sdk, `src/${entry}.ts`)]
  return { entryPoints, bundle: true, platform: 'neutral', target: 'es2022', minify: true, logLevel: 'warning' }
}

/** Declarations name their imports by the `.ts` sources, which are not in the package: they become `.js`. */
function buildTypes() {
  const emitted = join(dist, 'emitted')
  const flags = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rootDir', root, '--outDir', emitted]
  execFileSync(process.execPath, [tscPath(), '-p', join(sdk, 'tsconfig.json'), ...flags], { stdio: 'inherit' })
  const seen = new Set()
  const queue = ['index', 'task', 'webhook', 'react', 'testing'].map((entry) => join(emitted, `sdk/src/${entry}.d.ts`))
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const text = readFileSync(file, 'utf8')
    const rewritten = text.replace(/^(?!\s*(?:\*|\/\/)).*$/gm, (line) =>
      line.replace(/(\bfrom |\bimport\()(['"])([^'"]+)\2/g, (match, keyword, quote, specifier) => {
        if (specifier === 'react') return match
        if (!/^\.{1,2}\/.*\.ts$/.test(specifier)) throw new Error(`${relative(emitted, file)} needs ${specifier}`)
        queue.push(resolve(dirname(file), specifier.replace(/\.ts$/, '.d.ts')))
        return `${keyword}${quote}${specifier.replace(/\.ts$/, '.js')}${quote}`
      }),
    )
    const target = join(dist, 'esm/types', relative(emitted, file))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, rewritten)
    const copy = join(dist, 'cjs/types', relative(emitted, file))
    mkdirSync(dirname(copy), { recursive: true })
    copyFileSync(target, copy)
  }
  rmSync(emitted, { recursive: true })
}

function tscPath() {
  const manifest = require.resolve('typescript/package.json')
  return join(dirname(manifest), require(manifest).bin.tsc)
}

function checkThirdParty() {
  const license = readFileSync(join(ws, 'LICENSE'), 'utf8').trim()
  const { version } = require('ws/package.json')
  const notice = readFileSync(join(sdk, 'THIRD_PARTY.md'), 'utf8')
  if (!notice.includes(license) || !notice.includes(`ws ${version}`)) {
    throw new Error(`sdk/THIRD_PARTY.md must carry "ws ${version}" and the text of its LICENSE: update it.`)
  }
}

/** What a page loads to connect, to submit and to get results. */
function checkSize() {
  const core = readFileSync(join(dist, 'esm/browser.js'), 'utf8')
  if (/\bfrom\s*"|\bimport\s*["{*]/.test(core)) throw new Error('The browser build must import nothing at once.')
  const bytes = gzipSync(core, { level: 9 }).length
  if (bytes >= MAX_BROWSER_GZIP_BYTES) {
    throw new Error(`The browser build is ${bytes} bytes compressed; it must be under ${MAX_BROWSER_GZIP_BYTES}.`)
  }
  // Not to stdout, which belongs to `npm pack --json`.
  console.error(`sdk: the browser build is ${bytes} bytes compressed, under ${MAX_BROWSER_GZIP_BYTES}`)
}
