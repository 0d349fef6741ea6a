import { expect, it } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import { PACKAGE_SOURCES } from '../../../scripts/package-aliases.js'

it('the paths of tsconfig.json are the package aliases', () => {
  const { compilerOptions } = JSON.parse(readFileSync('tsconfig.json', 'utf8')) as {
    compilerOptions: { paths: Record<string, string[]> }
  }
  const expected = Object.entries(PACKAGE_SOURCES).map(([name, path]) => [name, [`./${path}`]])
  expect(compilerOptions.paths).toEqual(Object.fromEntries(expected))
})

it('every entry of the packages has an alias, and every alias has a source file', () => {
  const { name, exports } = JSON.parse(readFileSync('sdk/package.json', 'utf8')) as {
    name: string
    exports: Record<string, unknown>
  }
  const entries = Object.keys(exports).filter((path) => path !== './package.json')
  const names = entries.map((path) => path.replace('.', name))
  expect(Object.keys(PACKAGE_SOURCES).sort()).toEqual(['jobwire', 'jobwire-tasks', ...names].sort())
  for (const path of Object.values(PACKAGE_SOURCES)) expect(existsSync(path)).toBe(true)
})
