// What the tests of the packages share: checks that are counted, and programs that are run.
import { spawnSync } from 'node:child_process'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
export const counts = { passed: 0, failed: 0 }

export async function check(what, body) {
  const start = performance.now()
  try {
    await body()
    counts.passed++
    console.log(`package: ok      ${what} (${((performance.now() - start) / 1_000).toFixed(1)} s)`)
  } catch (error) {
    counts.failed++
    console.log(`package: FAILED  ${what}\n${error.stack ?? error}`)
  }
}

/** Runs a program to its end. Returns what it wrote to its standard output. */
export function run(cwd, command, args, environment = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: 300_000,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...cleanEnvironment(), ...environment },
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

/** The environment without what npm tells its scripts: programs in another project must not take it for their own. */
export function cleanEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_(?!config_(registry|cache|userconfig))|INIT_CWD$)/i.test(name),
    ),
  )
}

export function equal(actual, expected) {
  if (actual === expected) return
  const at = [...actual].findIndex((character, index) => character !== expected[index])
  const near = (text) => JSON.stringify(text.length < 1_000 ? text : text.slice(Math.max(0, at - 200), at + 200))
  throw new Error(`Expected ${near(expected)}, got ${near(actual)}`)
}
