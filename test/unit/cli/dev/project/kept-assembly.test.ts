import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { keepAssembly, takeAssembly } from '../../../../../cli/dev/project/kept-assembly.ts'
import { takeMarks } from '../../../../../cli/dev/project/project-marks.ts'

let folder: string
const path = (name: string) => join(folder, name)
const marks = () => takeMarks(path('app'), [path('app/cdk.out')])
const tasks = () => ({ catalog: {}, taskFiles: [path('app/tasks.ts')] })
const take = () => takeAssembly(path('kept'), path('taken'), marks())

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobwire-kept-'))
  for (const name of ['app/cdk.out', 'assembly/asset.used', 'assembly/asset.old']) {
    mkdirSync(path(name), { recursive: true })
  }
  for (const name of ['stack.ts', 'tasks.ts', 'cdk.out/x.json']) writeFileSync(path(`app/${name}`), '1')
  writeFileSync(path('assembly/Shop.assets.json'), '{ "path": "asset.used" }')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the assembly that is kept for the next start', () => {
  it('is taken once, without assets that it does not name', () => {
    keepAssembly(path('assembly'), path('kept'), { marks: marks(), tasks: tasks() })
    expect(take()).toMatchObject({ tasksChanged: false, tasks: tasks() })
    expect(existsSync(path('taken/asset.used'))).toBe(true)
    expect(existsSync(path('taken/asset.old'))).toBe(false)
    expect(take()).toBeUndefined()
  })

  it('is taken if only tasks have changed, or files that are not part of the app', () => {
    keepAssembly(path('assembly'), path('kept'), { marks: marks(), tasks: tasks() })
    writeFileSync(path('app/tasks.ts'), 'changed')
    writeFileSync(path('app/cdk.out/x.json'), 'changed')
    expect(take()).toMatchObject({ tasksChanged: true })
  })

  it.each([
    ['changed', () => writeFileSync(path('app/stack.ts'), 'changed')],
    ['new', () => writeFileSync(path('app/new.ts'), '')],
    ['gone', () => rmSync(path('app/stack.ts'))],
  ])('is not taken if another file is %s', (_what, change) => {
    keepAssembly(path('assembly'), path('kept'), { marks: marks(), tasks: tasks() })
    change()
    expect(take()).toBeUndefined()
  })
})
