import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig, writeConfig } from '../../../cli/target/config.ts'
import { findDevFile } from '../../../cli/target/dev-file.ts'
import { resolveTarget } from '../../../cli/target/resolve-target.ts'
import { choosePlatform, findPlatforms } from '../../../cli/target/stack.ts'
import type { TargetOptions } from '../../../cli/target/target.ts'

let folder: string
const before = process.env['XDG_CONFIG_HOME']

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobwire-target-'))
  process.env['XDG_CONFIG_HOME'] = folder
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  if (before === undefined) delete process.env['XDG_CONFIG_HOME']
  else process.env['XDG_CONFIG_HOME'] = before
})

async function resolve(cli: TargetOptions, env: TargetOptions = {}): Promise<{ url: string; token: string }> {
  const source = (name: string) => (name in cli ? 'cli' : name in env ? 'env' : undefined)
  const target = await resolveTarget({ ...env, ...cli }, source)
  return { url: target.url, token: await target.token() }
}

describe('the deployment', () => {
  it('is that of the command line before that of variables, and that before the profile in use', async () => {
    writeConfig({ current: 'prod', profiles: { prod: { url: 'http://prod', token: 'p' } } })
    expect(await resolve({})).toEqual({ url: 'http://prod', token: 'p' })
    const env = { url: 'http://env', token: 'e' }
    expect(await resolve({}, env)).toEqual({ url: 'http://env', token: 'e' })
    expect(await resolve({ url: 'http://cli', token: 'c' }, env)).toEqual({ url: 'http://cli', token: 'c' })
    expect(await resolve({ profile: 'prod' }, env)).toEqual({ url: 'http://prod', token: 'p' })
  })

  it('never gets a token that a variable has for another one', async () => {
    writeConfig({ profiles: { file: { url: 'http://file', tokenFile: join(folder, 'token') } } })
    writeFileSync(join(folder, 'token'), 'from-file\n')
    expect(await resolve({ profile: 'file' }, { token: 'e' })).toEqual({ url: 'http://file', token: 'from-file' })
    expect(await resolve({ profile: 'file', token: 'c' })).toEqual({ url: 'http://file', token: 'c' })
    expect(await resolve({ url: 'http://cli' }, { token: 'e' })).toEqual({ url: 'http://cli', token: 'e' })
  })

  it.each([
    [{ url: 'http://a', stack: 'b' }, 'BAD_USAGE'],
    [{ url: 'http://a' }, 'NO_TOKEN'],
    [{ profile: 'nobody' }, 'UNKNOWN_PROFILE'],
    [{ profile: 'toString' }, 'UNKNOWN_PROFILE'],
  ])('%j is refused with %s', async (options, code) => {
    await expect(resolve(options)).rejects.toMatchObject({ code, exit: 'usage' })
  })
})

it('the file of profiles is readable for its user only', () => {
  writeConfig({ profiles: { prod: { url: 'http://prod', token: 'p' } } })
  const path = join(folder, 'jobwire/config.json')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readConfig()).toEqual({ profiles: { prod: { url: 'http://prod', token: 'p' } } })
  writeFileSync(path, '{')
  expect(() => readConfig()).toThrow('is not valid JSON')
})

describe('the file of a local cloud', () => {
  const dev = { url: 'http://dev', socketUrl: 'ws://dev', endpoint: 'http://127.0.0.1:1', token: 't' }
  const write = (pid: number) => {
    mkdirSync(join(folder, '.jobwire'))
    mkdirSync(join(folder, 'src'))
    writeFileSync(join(folder, '.jobwire/dev.json'), JSON.stringify({ ...dev, pid }))
  }

  it('is found from below the project, while its process runs', () => {
    write(process.pid)
    expect(findDevFile(join(folder, 'src'))).toMatchObject({ dev })
  })

  it('counts no longer when its process has ended', () => {
    write(2 ** 30)
    expect(findDevFile(join(folder, 'src'))).toBeUndefined()
  })
})

describe('the outputs of a stack', () => {
  const pair = (prefix: string) => [
    [`${prefix}RestUrl`, `http://${prefix}`] as const,
    [`${prefix}TokenSecretArn`, `arn:${prefix}`] as const,
  ]

  it('name a platform by their common prefix', () => {
    const outputs = new Map([...pair('Jobs'), ['OtherRestUrl', 'http://other'] as const])
    expect(findPlatforms(outputs)).toEqual([{ prefix: 'Jobs', restUrl: 'http://Jobs', tokenSecretArn: 'arn:Jobs' }])
    expect(choosePlatform('App', new Map(pair('')))).toMatchObject({ prefix: '' })
  })

  it('of several platforms need a choice', () => {
    const outputs = new Map([...pair('Jobs'), ...pair('Mail')])
    expect(() => choosePlatform('App', outputs)).toThrow('give one of App/Jobs, App/Mail.')
    expect(choosePlatform('App/Mail', outputs)).toMatchObject({ restUrl: 'http://Mail' })
    expect(() => choosePlatform('App', new Map())).toThrow('has no outputs whose names end in RestUrl')
  })
})
