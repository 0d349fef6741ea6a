import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from '@jest/globals'
import { findInProject, projectFolders } from '../../../lib/project-files.ts'

const root = mkdtempSync(join(tmpdir(), 'jobwire-project-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const infra = join(root, 'packages/infra')
const program = join(infra, 'bin/app.ts')
for (const folder of ['bin', 'src']) mkdirSync(join(infra, folder), { recursive: true })
writeFileSync(join(root, 'package.json'), '{}')
writeFileSync(join(infra, 'package.json'), '{}')
writeFileSync(join(infra, 'src/tasks.ts'), '')

it('files of a project are found in the current directory, and else in the folder of the app', () => {
  expect(projectFolders(infra, program)).toEqual([infra])
  expect(projectFolders(root, program)).toEqual([root, infra])
  expect(projectFolders(root, 'packages/infra/bin/app.ts')).toEqual([root, infra])
  expect(findInProject('src/tasks.ts', projectFolders(root, program))).toBe(join(infra, 'src/tasks.ts'))
  expect(findInProject(join(infra, 'src/tasks.ts'), [root])).toBe(join(infra, 'src/tasks.ts'))
  expect(findInProject('src/tasks.ts', [root])).toBeUndefined()
  mkdirSync(join(root, 'src'))
  writeFileSync(join(root, 'src/tasks.ts'), '')
  expect(findInProject('src/tasks.ts', projectFolders(root, program))).toBe(join(root, 'src/tasks.ts'))
})

it('a program without a project adds no folder', () => {
  expect(projectFolders(root, '/no-such-folder/app.ts')).toEqual([root])
})
