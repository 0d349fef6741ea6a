import { afterAll, describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const work = resolve('.jobwire', `readme-${process.pid}`)

/** The declarations that the examples rely on without showing them. */
const GIVEN: Record<string, string> = {
  'README.md': `
    import type { Stack } from 'aws-cdk-lib'
    import type { Jobwire } from '@jobwire/sdk'
    import type { tasks } from './tasks/index.ts'

    declare global {
      const url: string
      const token: string
      const texts: AsyncIterable<{ text: string }>
      const jobs: Jobwire<typeof tasks>
      const stack: Stack
      const JobPlatform: typeof import('${resolve('lib/job-platform.ts')}').JobPlatform
    }`,
  'sdk/README.md': `
    import type { Jobwire } from '@jobwire/sdk'
    import type { tasks } from './tasks/index.ts'

    declare global {
      const url: string
      const token: string
      const secret: string
      const jobs: Jobwire<typeof tasks>
      const manyInputs: AsyncIterable<{ key: string }>
      const POST: (request: Request) => Promise<Response>
      const startGallery: (client: Jobwire<typeof tasks>, keys: string[]) => Promise<string>
      const expect: typeof import('@jest/globals').expect
    }`,
}
const GUIDES = ['tasks', 'retries', 'fairness', 'testing', 'deploying'].map((name) => `docs/guides/${name}.md`)
for (const guide of GUIDES) {
  GIVEN[guide] = `
    import type { Stack } from 'aws-cdk-lib'
    import type { Table } from 'aws-cdk-lib/aws-dynamodb'
    import type { Jobwire } from '@jobwire/sdk'
    import type { tasks } from './tasks/index.ts'

    declare global {
      const jobs: Jobwire<typeof tasks>
      const stack: Stack
      const table: Table
      const JobPlatform: typeof import('${resolve('lib/job-platform.ts')}').JobPlatform
      const showImage: (client: Jobwire<typeof tasks>, key: string) => Promise<string>
      const it: typeof import('@jest/globals').it
      const expect: typeof import('@jest/globals').expect
    }`
}
const TASKS = `
  import { tasks as shipped } from '${resolve('tasks/index.ts')}'
  import { defineTask } from '@jobwire/sdk/task'

  export const tasks = { ...shipped, resize: defineTask({ run: (input: { key: string }) => ({ url: input.key }) }) }`

/** Returns the blocks of code, each with the file that its first line names, or else a new file. */
function blocksOf(document: string): [path: string, code: string][] {
  const blocks = readFileSync(document, 'utf8').matchAll(/^```(tsx?)\n(.*?)^```$/gms)
  return [...blocks].map(([, kind, code], index) => {
    const named = /^\/\/ ([\w/]+\.ts)\n/.exec(code!)?.[1]
    return [named ?? `block-${index + 1}.${kind}`, code!]
  })
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function check(document: string, blocks: [path: string, code: string][]): string {
  const folder = join(work, dirname(document))
  write(join(folder, 'given.ts'), GIVEN[document]!)
  write(join(folder, 'tasks/index.ts'), TASKS)
  for (const [path, code] of blocks) write(join(folder, path), code.includes('export') ? code : `${code}\nexport {}\n`)
  const compilerOptions = { lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'], jsx: 'react-jsx' }
  const config = { extends: resolve('tsconfig.json'), compilerOptions, include: ['**/*'], exclude: [] }
  write(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const { stdout, stderr } = spawnSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', '.'], {
    cwd: folder,
    encoding: 'utf8',
  })
  return stdout + stderr
}

afterAll(() => rmSync(work, { recursive: true, force: true }))

describe.each(Object.keys(GIVEN))('%s', (document) => {
  const blocks = blocksOf(document)

  it('has examples that the compiler accepts', () => {
    expect(blocks.length).toBeGreaterThan(0)
    expect(check(document, blocks)).toBe('')
  })
})

describe.each(['README.md', 'sdk/README.md'])('%s', (document) => {
  it('links to files that are there', () => {
    const links = [...readFileSync(document, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)\)/g)]
    expect(links.length).toBeGreaterThan(1)
    for (const [, path] of links) expect(() => readFileSync(resolve(dirname(document), path!))).not.toThrow(/ENOENT/)
  })
})

it('an example with a wrong name is not accepted', () => {
  expect(check('sdk/README.md', [['wrong.ts', `await jobs.run('resize', { kye: 'a.png' })`]])).toContain("'kye'")
})
