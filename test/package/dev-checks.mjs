// Runs an app by the packed command line: `jobwire dev`, and jobs on it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { check, cleanEnvironment, equal, run } from './checks.mjs'

const LIVE_MS = 10_000

/** Checks that jobs run, and that a job runs the new code of the file `edited`, in which "Hello" becomes another word. */
export async function checkDev(name, app, edited) {
  await check(`${name}: jobwire dev runs the tasks, and then their new code`, async () => {
    const bin = join(app, 'node_modules/jobwire/dist/bin.mjs')
    const jobwire = (...args) => run(app, process.execPath, [bin, ...args]).trim()
    const greet = () => jobwire('run', 'greet', '{"name":"package"}')
    const stop = await startDev(app, bin)
    try {
      equal(greet(), '"Hello, package!"')
      equal(jobwire('run', 'double', '{"n":21}'), '42')
      equal(failureOf(() => jobwire('run', 'fail')).includes('OutOfStock: none left'), true)
      writeFileSync(edited, readFileSync(edited, 'utf8').replace('Hello', 'Welcome'))
      const deadline = Date.now() + LIVE_MS
      let greeting = greet()
      while (greeting !== '"Welcome, package!"' && Date.now() < deadline) greeting = greet()
      equal(greeting, '"Welcome, package!"')
    } finally {
      await stop()
      writeFileSync(edited, readFileSync(edited, 'utf8').replace('Welcome', 'Hello'))
    }
  })
}

/** Starts the local cloud of an app. Returns the function that stops it. */
export async function startDev(app, bin) {
  const log = join(app, 'dev.log')
  const child = spawn(process.execPath, [bin, 'dev', '--json', '--port', '0'], {
    cwd: app,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', openSync(log, 'w')],
  })
  const ended = once(child, 'exit')
  const ready = once(createInterface({ input: child.stdout }), 'line')
  const first = await Promise.race([ready.then(() => 'ready'), ended.then(() => 'ended')])
  if (first === 'ended') throw new Error(`jobwire dev ended:\n${readFileSync(log, 'utf8')}`)
  return async () => {
    child.kill('SIGINT')
    await ended
  }
}

export function failureOf(body) {
  try {
    return `no failure: ${body()}`
  } catch (error) {
    return error.message
  }
}
