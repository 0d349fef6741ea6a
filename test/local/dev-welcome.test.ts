import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buildSync } from 'esbuild'
import { init } from '../../cli/init/init.ts'

/** Installs the SDK as a project has it. */
function installSdk(folder: string): void {
  const sdk = join(folder, 'node_modules/@jobwire/sdk')
  buildSync({
    entryPoints: ['sdk/src/index.ts'],
    outfile: join(sdk, 'index.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)" },
  })
  writeFileSync(join(sdk, 'package.json'), '{ "name": "@jobwire/sdk", "exports": "./index.mjs" }')
}

/** Starts `jobwire dev` as a user does. Resolves with the lines of the welcome. */
async function readWelcome(child: ChildProcess): Promise<string[]> {
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout! })) {
    lines.push(line)
    if (line.endsWith('node hello.mjs')) return lines
  }
  throw new Error(`It ended:\n${lines.join('\n')}`)
}

describe('the welcome of jobwire dev, in an app that jobwire init has made', () => {
  let folder: string
  let child: ChildProcess
  let welcome: string[]

  beforeAll(async () => {
    mkdirSync('.jobwire/apps', { recursive: true })
    folder = mkdtempSync(join(process.cwd(), '.jobwire/apps/new-'))
    await init({ folder, yes: true, print: () => undefined })
    // The app's own command needs packages that only an installation brings.
    const app = `node ${join(process.cwd(), 'scripts/run.mjs')} ${join(folder, 'bin/app.ts')}`
    writeFileSync(join(folder, 'cdk.json'), JSON.stringify({ app }))
    installSdk(folder)
    child = spawn(
      process.execPath,
      ['scripts/run.mjs', 'bin/jobwire.ts', 'dev', '--no-watch', '--port', '0', '--app-dir', folder],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    welcome = await readWelcome(child)
  }, 60_000)
  afterAll(async () => {
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGINT')
    await exited
    rmSync(folder, { recursive: true, force: true })
  })

  it('has a program with a task of the app, which runs as it is pasted', () => {
    const start = welcome.findIndex((line) => line.startsWith('cat > hello.mjs'))
    const pasted = welcome.slice(start).join('\n')
    expect(pasted).toContain("jobs.run('greet', { name: 'Ada' })")
    expect(execFileSync('sh', ['-c', pasted], { cwd: folder, encoding: 'utf8' })).toBe('Hello, Ada!\n')
  })

  it('has a request for curl, which submits a job', () => {
    const start = welcome.findIndex((line) => line.startsWith('  curl '))
    const pasted = `${welcome[start]!}\n${welcome[start + 1]!}`.replace('curl ', 'curl -s ')
    const answer = execFileSync('sh', ['-c', pasted], { encoding: 'utf8' })
    expect(JSON.parse(answer)).toMatchObject({ id: expect.any(String), status: 'pending' })
  })
})
