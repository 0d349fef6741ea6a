import { afterAll, beforeEach, describe, expect, it } from '@jest/globals'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lockDataDirectory } from '../../../local/data-lock.ts'
import { findDynoxide } from '../../../local/services/dynamodb/dynoxide-binary.ts'
import { openSecretStore, type Secret } from '../../../local/services/secrets-manager/secret-store.ts'

const root = mkdtempSync(join(tmpdir(), 'jobwire-files-'))
let directory: string
let count = 0

beforeEach(() => {
  directory = join(root, String(count++))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('the lock of a data directory', () => {
  it('is held until it is released', () => {
    const lock = lockDataDirectory(directory)
    expect(() => lockDataDirectory(directory)).toThrow(
      `${directory} is in use by another local cloud (process ${process.pid})`,
    )
    lock.release()
    lock.release()
    lockDataDirectory(directory).release()
    expect(existsSync(join(directory, 'lock'))).toBe(false)
  })

  const left = (holder: string): void => {
    mkdirSync(directory)
    writeFileSync(join(directory, 'lock'), holder)
  }

  it('has no effect if its process is gone', () => {
    left(JSON.stringify({ pid: spawnSync('true').pid }))
    expect(() => lockDataDirectory(directory).release()).not.toThrow()
  })

  it('has no effect if another process has its number, or if its file is incomplete', () => {
    left(JSON.stringify({ pid: process.pid }))
    expect(() => lockDataDirectory(directory).release()).not.toThrow()
    writeFileSync(join(directory, 'lock'), '{"pi')
    expect(() => lockDataDirectory(directory).release()).not.toThrow()
  })

  it('has no effect if its process is a zombie', async () => {
    // The shell becomes a program that never asks how its child ended.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(line.toString())
    try {
      await until(() => askPs(parent.pid!, 'comm=') === 'sleep')
      process.kill(pid, 'SIGKILL')
      await until(() => askPs(pid, 'state=') === 'Z')
      left(JSON.stringify({ pid }))
      expect(() => lockDataDirectory(directory).release()).not.toThrow()
    } finally {
      parent.kill('SIGKILL')
    }
  })

  it('holds while its process lives, and not for a later process of the same number', () => {
    left(JSON.stringify({ pid: process.ppid }))
    expect(() => lockDataDirectory(directory)).toThrow(`(process ${process.ppid})`)
    writeFileSync(join(directory, 'lock'), JSON.stringify({ pid: process.ppid, startedAt: 'earlier' }))
    expect(() => lockDataDirectory(directory).release()).not.toThrow()
  })
})

describe('the Dynoxide binary', () => {
  const place = (path: string): string => {
    mkdirSync(join(directory, path, '..'), { recursive: true })
    writeFileSync(join(directory, path), '')
    return join(directory, path)
  }
  const search = { platform: 'darwin', arch: 'arm64', pathVariable: '' }

  it('comes from the package for the machine, in the nearest directory above', () => {
    const binary = place('node_modules/@dynoxide/darwin-arm64/dynoxide')
    expect(findDynoxide({ ...search, startDirs: [join(directory, 'a/b')] })).toBe(binary)
    const windows = place('node_modules/@dynoxide/win32-x64/dynoxide.exe')
    const onWindows = { ...search, platform: 'win32', arch: 'x64', startDirs: [directory] }
    expect(findDynoxide(onWindows)).toBe(windows)
  })

  it('comes from PATH otherwise', () => {
    const binary = place('bin/dynoxide')
    expect(findDynoxide({ ...search, startDirs: [], pathVariable: join(directory, 'bin') })).toBe(binary)
  })

  it('is missed with an error that says what to do', () => {
    expect(() => findDynoxide({ ...search, startDirs: [] })).toThrow(/@dynoxide\/darwin-arm64 .*PATH.*--omit=optional/s)
  })
})

describe('secrets on disk', () => {
  const secret: Secret = {
    name: 'Token',
    arn: 'arn',
    versions: [{ id: '1', stages: ['AWSCURRENT'], string: 'v', createdMs: 1 }],
    createdMs: 1,
    changedMs: 1,
  }

  it('are kept until they are opened again', () => {
    const path = join(directory, 'secrets.json')
    openSecretStore(path).put(secret)
    openSecretStore(path).put({ ...secret, name: 'Other' })
    expect(openSecretStore(path).all()).toEqual([secret, { ...secret, name: 'Other' }])
  })

  it('are read from a file of an earlier version', () => {
    mkdirSync(directory)
    const path = join(directory, 'secrets.json')
    const previous = { value: 'u', versionId: '0' }
    writeFileSync(
      path,
      JSON.stringify([{ name: 'Token', arn: 'arn', value: 'v', versionId: '1', previous, createdMs: 1 }]),
    )
    expect(openSecretStore(path).all()).toEqual([
      { ...secret, versions: [{ id: '0', stages: ['AWSPREVIOUS'], string: 'u', createdMs: 1 }, ...secret.versions] },
    ])
  })

  it('that cannot be read are not silently replaced', () => {
    mkdirSync(directory)
    const path = join(directory, 'secrets.json')
    writeFileSync(path, '[{')
    expect(() => openSecretStore(path)).toThrow(`${path} cannot be read`)
  })
})

function askPs(pid: number, column: string): string {
  return spawnSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}
