// Builds dist/: JavaScript for Node and browsers as ES modules and CommonJS, and self-contained types for both.
import { minify } from '@swc/core'
import { build } from 'esbuild'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { builtinModules as BUILTIN_NAMES, createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { emitDeclarations, findPublicTypes, writeTypes } from '../scripts/public-types.js'

const MAX_BROWSER_GZIP_BYTES = 8 * 1024
/**
 * Loads Node's own modules without `require`, which users' bundlers cannot keep when they make ES modules of the SDK.
 * Before 20.16, Node has only `createRequire` for that.
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
/**
 * Maps to the sources, which are in the maps. The bundles for pages have none: a page would load the name of its map, and
 * their second minifier knows no sources.
 */
const MAPPED = { sourcemap: 'linked', sourcesContent: true }
/** A second minifier takes a further 3 % off what a page loads. */
const SMALLER = { module: true, ecma: 2022, compress: { ecma: 2022, passes: 3 }, mangle: { toplevel: true } }
const ERRORS = join(dirname(fileURLToPath(import.meta.url)), 'src/api/errors.ts')
/** Imports the classes of errors from the file that has them, so that all entries share them. */
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
const emitted = join(dist, 'emitted')
const require = createRequire(import.meta.url)
/** Replacements for globals that test frameworks hide or fake. */
const hiddenByJsdom = join(sdk, 'src/shims/hidden-by-jsdom.ts')
const notFaked = join(sdk, 'src/shims/not-faked.ts')
const ws = dirname(require.resolve('ws/package.json'))

rmSync(dist, { recursive: true, force: true })
/** The files that declare the language and the browser. */
const libraries = emitDeclarations(root, join(sdk, 'tsconfig.json'), emitted).filter((file) =>
  /[\\/]lib\.[^\\/]+\.d\.ts$/.test(file),
)
const entryTypes = ['index', 'task', 'webhook', 'react', 'testing'].map((entry) => `sdk/src/${entry}.d.ts`)
const publicTypes = findPublicTypes(emitted, entryTypes, ['react'])
await buildErrors()
await buildNode()
await buildBrowser()
for (const entry of ['task', 'webhook', 'react', 'testing']) await buildNeutral(entry)
writeFileSync(join(dist, 'cjs/package.json'), '{ "type": "commonjs" }\n')
for (const format of ['esm', 'cjs']) writeTypes(emitted, publicTypes, join(dist, format, 'types'))
rmSync(emitted, { recursive: true })
copyFileSync(join(root, 'LICENSE'), join(sdk, 'LICENSE'))
checkThirdParty()
checkSize()

/** In CommonJS, the classes of errors are in their own file, which all entries require. */
async function buildErrors() {
  await build({
    ...neutral('api/errors'),
    ...MAPPED,
    minify: false,
    format: 'cjs',
    outfile: join(dist, 'cjs/errors.js'),
  })
}

/** One copy of the code for both module systems, so that both see the same error classes. */
async function buildNode() {
  await build({
    entryPoints: [join(sdk, 'src/index.ts')],
    outfile: join(dist, 'cjs/node.js'),
    ...MAPPED,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // Only the client: the package's entry would bring its server as well.
    alias: { ws: join(ws, 'lib/websocket.js') },
    // With these variables set, ws does not try to load its optional accelerators.
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
 * As ES modules: the core, and beside it the files that it loads on first use. Those have their own copies of the small
 * functions that both need, but import the classes of errors from the core. As CommonJS: all in one file.
 */
async function buildBrowser() {
  const { late, mangleProps } = await readCore()
  let mangleCache = {}
  const write = async (file, options, plugins) => {
    const input = { ...options, format: 'esm', write: false, plugins, mangleProps, mangleCache }
    const { outputFiles, mangleCache: shortNames } = await build(input)
    // Each file uses the short names of the files before it.
    mangleCache = shortNames
    const { code } = await minify(outputFiles[0].text, SMALLER)
    writeFileSync(join(dist, 'esm', file), code)
  }
  mkdirSync(join(dist, 'esm'), { recursive: true })
  await write('browser.js', neutral('browser'), [leaveOutLate()])
  for (const [file, modules] of late) {
    await write(file, lateFile(modules, mangleCache), [leaveOutLate(), errorsFrom('./browser.js')])
  }
  await build({
    ...neutral('browser'),
    inject: [hiddenByJsdom],
    format: 'cjs',
    outfile: join(dist, 'cjs/browser.js'),
    plugins: [errorsFrom('./errors.js')],
  })
}

/** Finds the modules that the core loads late, with their exports, and the properties that only the SDK itself sees. */
async function readCore() {
  const late = new Map()
  const found = (file, module) => late.set(file, new Map(late.get(file)).set(module, []))
  const options = { format: 'esm', write: false, metafile: true, mangleProps: /./, mangleCache: {} }
  const { mangleCache } = await build({ ...neutral('browser'), ...options, plugins: [leaveOutLate(found)] })
  const used = new Set(Object.keys(mangleCache))
  for (const modules of late.values()) {
    for (const module of modules.keys()) {
      const plugins = [leaveOutLate(), errorsFrom('./browser.js')]
      const built = await build({ ...neutral('browser'), entryPoints: [module], ...options, plugins })
      const [{ exports }] = Object.values(built.metafile.outputs)
      modules.set(module, exports)
      for (const name of [...Object.keys(built.mangleCache), ...exports]) used.add(name)
    }
  }
  const own = ownMembers([...late.values()].flatMap((modules) => [...modules.values()].flat()))
  return { late, mangleProps: new RegExp(`^(${[...used].filter((name) => own.has(name)).join('|')})$`) }
}

/** Leaves late imports out: they become imports of `rest-socket.js` or, for all calls, of `calls.js`. */
function leaveOutLate(found = () => {}) {
  return {
    name: 'leave-out-late',
    setup(plugins) {
      plugins.onResolve({ filter: /\.ts$/ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined
        const file = path.endsWith('/rest-socket.ts') ? 'rest-socket.js' : 'calls.js'
        found(file, join(resolveDir, path))
        return { path: `./${file}`, external: true }
      })
    },
  }
}

/** Puts several modules in one file. Their exports have the short names that the core uses. */
function lateFile(modules, shortNames) {
  const { entryPoints: _none, ...options } = neutral('browser')
  const lines = [...modules].map(([module, exports]) => {
    const names = exports.map((name) => (name in shortNames ? `${name} as ${shortNames[name]}` : name))
    return `export { ${names.join(', ')} } from ${JSON.stringify(module)}`
  })
  return { ...options, stdin: { contents: lines.join('\n'), resolveDir: sdk } }
}

/**
 * The names that may be shortened: those of members of the SDK's own classes and interfaces, and of late exports, unless
 * the public types, the protocol, the language or browsers use them as well.
 */
function ownMembers(lateNames) {
  const sources = ['wire', 'client', 'calls', 'time'].flatMap((room) => filesIn(join(sdk, 'src', room)))
  const types = sources.flatMap(
    (file) => readFileSync(file, 'utf8').match(/^(export )?(class|interface) [^]*?^}/gm) ?? [],
  )
  const own = new Set([...lateNames, ...types.flatMap((type) => membersIn(type, 2))])
  const known = [...publicTypes.keys(), ...filesIn(join(emitted, 'protocol'))].flatMap(wordsIn)
  for (const name of [...known, ...libraries.flatMap((file) => membersIn(readFileSync(file, 'utf8'), 4))])
    own.delete(name)
  return own
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
}

/** The names of the members in the text of classes and interfaces, by how far they are indented. */
function membersIn(text, indent) {
  const member = new RegExp(`^ {${indent}}(?:readonly |get |set |async )*(\\w+)(?:[?(:<;]| =)`, 'gm')
  return [...text.matchAll(member)].map(([, name]) => name)
}

function wordsIn(file) {
  return (
    readFileSync(file, 'utf8')
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .match(/\w+/g) ?? []
  )
}

/** For browsers as ES modules, for all others as CommonJS. In Node, the ES module is a wrapper, like that of the client. */
async function buildNeutral(entry) {
  const common = { ...neutral(entry), ...MAPPED, external: ['react'], minify: false, metafile: true }
  // Its sources are a whole platform: a megabyte in each map.
  if (entry === 'testing') common.sourcesContent = false
  for (const [format, errors] of [
    ['esm', './browser.js'],
    ['cjs', './errors.js'],
  ]) {
    const outfile = join(dist, format, `${entry}.js`)
    const inject = [...(format === 'cjs' ? [hiddenByJsdom] : []), ...(entry === 'testing' ? [notFaked] : [])]
    const { metafile } = await build({ ...common, inject, format, outfile, plugins: [errorsFrom(errors)] })
    const { exports, imports } = Object.entries(metafile.outputs).find(([file]) => file.endsWith('.js'))[1]
    if (format === 'esm' && imports.some(({ path }) => path === errors)) {
      wrapForNode(`node-${entry}.js`, `${entry}.js`, exports)
    }
  }
}

function neutral(entry) {
  const entryPoints = [join(sdk, `src/${entry}.ts`)]
  return { entryPoints, bundle: true, platform: 'neutral', target: 'es2022', minify: true, logLevel: 'warning' }
}

function checkThirdParty() {
  const license = readFileSync(join(ws, 'LICENSE'), 'utf8').trim()
  const { version } = require('ws/package.json')
  const notice = readFileSync(join(sdk, 'THIRD_PARTY.md'), 'utf8')
  if (!notice.includes(license) || !notice.includes(`ws ${version}`)) {
    throw new Error(`sdk/THIRD_PARTY.md must carry "ws ${version}" and the text of its LICENSE: update it.`)
  }
}

/** Checks the size of the core: a page loads it to connect, to submit and to get results. */
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
