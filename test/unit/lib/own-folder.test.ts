import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { entryFile, findOwnFolder, isPrebuilt } from '../../../lib/own-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'jobwire-own-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function place(...files: string[]): void {
  for (const file of files) {
    mkdirSync(join(root, file, '..'), { recursive: true })
    writeFileSync(join(root, file), '')
  }
}

describe('the folder of Jobwire’s own code', () => {
  it('is the repository here, wherever the current directory is', () => {
    const folder = process.cwd()
    process.chdir(root)
    try {
      expect(findOwnFolder()).toBe(resolve(folder))
    } finally {
      process.chdir(folder)
    }
    expect(isPrebuilt(folder)).toBe(false)
    expect(entryFile(folder, 'worker')).toBe(join(folder, 'lambdas/entry/worker.ts'))
  })

  it('is an installed package that "sourceRoot" names', () => {
    place('jobwire/dist/lambdas/catalog-process.mjs', 'jobwire/dist/lambdas/worker.mjs', 'jobwire/dist/lambdas/rest.js')
    const folder = findOwnFolder(join(root, 'jobwire'))
    expect(isPrebuilt(folder)).toBe(true)
    expect(entryFile(folder, 'worker')).toBe(join(root, 'jobwire/dist/lambdas/worker.mjs'))
    expect(entryFile(folder, 'rest')).toBe(join(root, 'jobwire/dist/lambdas/rest.js'))
  })

  it('is no project that has folders of the same names', () => {
    place('theirs/lambdas/entry/api.ts', 'theirs/dist/lambdas/api.js')
    expect(() => findOwnFolder(join(root, 'theirs'))).toThrow('The prop "sourceRoot" is')
  })
})
