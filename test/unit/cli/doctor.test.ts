import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkClock } from '../../../cli/doctor/deployment-checks.ts'
import { checkNode, checkPackages, checkSettings } from '../../../cli/doctor/machine-checks.ts'
import { checkToken } from '../../../cli/doctor/token-check.ts'
import { globalOptions } from '../../../cli/frame/program.ts'
import { signToken } from '../../../cli/token.ts'

const NOW_MS = Date.now()
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobwire-doctor-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function install(name: string, version: string): void {
  mkdirSync(join(folder, 'node_modules', name), { recursive: true })
  writeFileSync(join(folder, 'node_modules', name, 'package.json'), JSON.stringify({ version }))
}

it.each([
  ['18.20.0', 'failed'],
  ['20.0.0', 'ok'],
  ['24.11.0', 'ok'],
])('Node %s: %s', (version, state) => {
  expect(checkNode(version).state).toBe(state)
})

describe('the packages', () => {
  it('must have one version', () => {
    expect(checkPackages(folder)).toMatchObject([{ state: 'info' }])
    install('jobwire', '1.2.0')
    install('@jobwire/sdk', '1.2.0')
    expect(checkPackages(folder)).toMatchObject([{ state: 'ok', detail: '@jobwire/sdk 1.2.0, jobwire 1.2.0' }])
    install('@jobwire/sdk', '1.1.0')
    expect(checkPackages(folder)).toMatchObject([
      { state: 'failed', advice: expect.stringContaining('@jobwire/sdk@1.2.0') },
    ])
  })
})

describe('the settings', () => {
  const write = (file: object) => writeFileSync(join(folder, 'cdk.json'), JSON.stringify(file))

  it.each([
    [{ context: { jobwire: { resultTtl: '7d' } } }, 'ok'],
    [{ context: { jobwire: { resultTttl: '7d' } } }, 'failed'],
    [{ jobwire: { resultTtl: '7d' } }, 'failed'],
  ])('%j: %s', (file, state) => {
    write(file)
    expect(checkSettings(folder, {})).toMatchObject([{ state }])
  })

  it('are not confused with the variables of the command line', () => {
    write({})
    const variables = globalOptions().flatMap(({ envVar }) => (envVar === undefined ? [] : [[envVar, 'x'] as const]))
    expect(variables.length).toBeGreaterThan(3)
    expect(checkSettings(folder, Object.fromEntries(variables))).toMatchObject([{ state: 'ok' }])
  })
})

describe('the token', () => {
  it('says whose it is and when it ends', async () => {
    const token = await signToken('secret', { namespace: 'acme', subject: 'ada', expiresInSeconds: 7200 })
    expect(checkToken(token, NOW_MS)).toMatchObject({
      state: 'ok',
      detail: expect.stringMatching(/^namespace "acme", user "ada", ends in 1h|2h$/),
    })
    expect(checkToken(token, NOW_MS + 8_000_000)).toMatchObject({ state: 'failed', exit: 'unreachable' })
    expect(checkToken('nonsense', NOW_MS)).toMatchObject({ state: 'failed', detail: 'It is no JWT.' })
  })
})

it.each([
  [0, 'ok'],
  [-20_000, 'ok'],
  [120_000, 'failed'],
  [-120_000, 'failed'],
])('a clock that is %d ms ahead: %s', (skewMs, state) => {
  expect(checkClock(new Date(NOW_MS).toUTCString(), NOW_MS + skewMs).state).toBe(state)
})

it('a deployment without a clock is no failure', () => {
  expect(checkClock(null, NOW_MS).state).toBe('info')
})
