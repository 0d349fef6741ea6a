import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type FileWatch, watchFiles } from '../../../../../cli/dev/follow/watch-files.ts'

let folder: string
let fileWatch: FileWatch
let changed: string[]
let wake: () => void

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobwire-watch-'))
  for (const path of ['app/lib', 'app/node_modules/dep', 'app/cdk.out', 'outside']) {
    mkdirSync(join(folder, path), { recursive: true })
  }
  writeFileSync(join(folder, 'app/lib/stack.ts'), 'one')
  changed = []
  wake = () => undefined
  fileWatch = watchFiles(join(folder, 'app'), {
    ignored: [join(folder, 'app/cdk.out')],
    onChange(files) {
      changed.push(...files.map((file) => file.slice(folder.length + 1)))
      wake()
    },
  })
})
afterEach(() => {
  fileWatch.close()
  rmSync(folder, { recursive: true, force: true })
})

const write = (path: string, text: string) => writeFileSync(join(folder, path), text)

/** Waits until a change of this file is told. */
async function until(path: string): Promise<void> {
  while (!changed.includes(path)) await new Promise<void>((resolve) => (wake = resolve))
}

describe('the watch of files', () => {
  it('tells of a changed, a new, a renamed and a removed file', async () => {
    write('app/lib/stack.ts', 'two')
    await until('app/lib/stack.ts')
    write('app/new.ts', '')
    await until('app/new.ts')
    renameSync(join(folder, 'app/new.ts'), join(folder, 'app/renamed.ts'))
    await until('app/renamed.ts')
    changed.length = 0
    rmSync(join(folder, 'app/renamed.ts'))
    await until('app/renamed.ts')
    expect(changed).toEqual(['app/renamed.ts'])
  })

  it('tells of files in folders that are new, and in folders that were made again', async () => {
    mkdirSync(join(folder, 'app/tasks/deep'), { recursive: true })
    write('app/tasks/deep/a.ts', '1')
    await until('app/tasks/deep/a.ts')
    rmSync(join(folder, 'app/tasks'), { recursive: true })
    await until('app/tasks')
    mkdirSync(join(folder, 'app/tasks'))
    write('app/tasks/b.ts', '1')
    await until('app/tasks/b.ts')
    changed.length = 0
    write('app/tasks/b.ts', '2')
    await until('app/tasks/b.ts')
    expect(changed).toEqual(['app/tasks/b.ts'])
  })

  it('tells nothing of packages, hidden files, logs and ignored folders, nor of the same contents again', async () => {
    write('app/lib/stack.ts', 'two')
    await until('app/lib/stack.ts')
    changed.length = 0
    write('app/lib/stack.ts', 'two')
    for (const path of ['node_modules/dep/a.js', 'cdk.out/a.json', '.hidden', 'lib/stack.ts~', 'dev.log']) {
      write(`app/${path}`, 'x')
    }
    write('app/last.ts', '')
    await until('app/last.ts')
    expect(changed).toEqual(['app/last.ts'])
  })

  it('tells of single files outside, and of no others there', async () => {
    write('outside/shared.ts', 'one')
    fileWatch.add([join(folder, 'outside/shared.ts')])
    write('outside/other.ts', 'x')
    write('outside/shared.ts', 'two')
    await until('outside/shared.ts')
    expect(changed).toEqual(['outside/shared.ts'])
  })
})
