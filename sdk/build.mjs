// Builds dist/: JavaScript for Node and browsers as ES modules and CommonJS, and self-contained types for both.
import { build } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const MAX_BROWSER_GZIP_BYTES = 8 * 1024

const sdk = dirname(fileURLToPath(import.meta.url))
const root = dirname(sdk)
const dist = join(sdk, 'dist')
const require = createRequire(import.meta.url)
const ws = dirname(require.resolve('ws/package.json'))

rmSync(dist, { recursive: true, force: true })
await buildNode()
await buildNeutral('browser', true)
await buildNeutral('task', false)
writeFileSync(join(dist, 'cjs/package.json'), '{ "type": "commonjs" }\n')
buildTypes()
checkThirdParty()
checkSize()

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
    logLevel: 'warning',
  })
  mkdirSync(join(dist, 'esm'), { recursive: true })
  writeFileSync(
    join(dist, 'esm/node.js'),
    `import sdk from '../cjs/node.js'\n\nexport const { connect, JobError, JobwireError } = sdk\n`,
  )
}

async function buildNeutral(entry, minify) {
  for (const format of ['esm', 'cjs']) {
    await build({
      entryPoints: [join(sdk, `src/${entry}.ts`)],
      outfile: join(dist, format, `${entry}.js`),
      bundle: true,
      platform: 'neutral',
      target: 'es2022',
      format,
      minify,
      logLevel: 'warning',
    })
  }
}

/** Declarations name their imports by the `.ts` sources, which are not in the package: they become `.js`. */
function buildTypes() {
  const emitted = join(dist, 'emitted')
  const flags = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rootDir', root, '--outDir', emitted]
  execFileSync(process.execPath, [tscPath(), '-p', join(sdk, 'tsconfig.json'), ...flags], { stdio: 'inherit' })
  const seen = new Set()
  const queue = ['index', 'task'].map((entry) => join(emitted, `sdk/src/${entry}.d.ts`))
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const text = readFileSync(file, 'utf8')
    const rewritten = text.replace(/^(?!\s*(?:\*|\/\/)).*$/gm, (line) =>
      line.replace(/(\bfrom |\bimport\()(['"])([^'"]+)\2/g, (_match, keyword, quote, specifier) => {
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

function checkSize() {
  const bytes = gzipSync(readFileSync(join(dist, 'esm/browser.js')), { level: 9 }).length
  if (bytes > MAX_BROWSER_GZIP_BYTES) {
    throw new Error(`The browser build is ${bytes} bytes compressed; the limit is ${MAX_BROWSER_GZIP_BYTES}.`)
  }
  // Not to stdout, which belongs to `npm pack --json`.
  console.error(`sdk: the browser build is ${bytes} of at most ${MAX_BROWSER_GZIP_BYTES} bytes compressed`)
}
