import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { init } from '../../../../cli/init/init.ts'

let folder: string
let printed: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobwire-init-'))
  printed = ''
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const run = () => init({ folder, yes: true, print: (text) => void (printed += `${text}\n`) })
const read = (path: string) => readFileSync(join(folder, path), 'utf8')
const readJson = (path: string) => JSON.parse(read(path)) as Record<string, any>

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

/** Returns the text of every file by its path. */
function snapshot(): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [path, readFileSync(path, 'utf8')]
    }),
  )
}

/** The template of `cdk init app --language typescript`, as the installed command line has it. */
function writeCdkTemplate(): void {
  const template = join('node_modules/aws-cdk/lib/init-templates/app/typescript')
  cpSync(template, folder, { recursive: true })
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const text = readFileSync(path, 'utf8').replaceAll('%name.PascalCased%', 'Shop').replaceAll('%name%', 'shop')
    rmSync(path)
    writeFileSync(path.replaceAll('%name%', 'shop').replaceAll('.template.', '.'), text)
  }
}

describe('init in an empty folder', () => {
  it('makes an app with a stack, tasks, a test and scripts', async () => {
    await run()
    expect(
      Object.keys(snapshot())
        .map((path) => path.slice(folder.length + 1))
        .sort(),
    ).toEqual([
      '.gitignore',
      'bin/app.ts',
      'cdk.json',
      'lib/app-stack.ts',
      'package.json',
      'tasks/index.ts',
      'test/tasks.test.ts',
      'tsconfig.json',
    ])
    const { scripts, dependencies, devDependencies } = readJson('package.json')
    expect(scripts).toMatchObject({ dev: 'jobwire dev', deploy: 'cdk deploy' })
    expect(Object.keys(dependencies)).toEqual(['@jobwire/sdk', 'aws-cdk-lib', 'constructs', 'jobwire'])
    expect(Object.keys(devDependencies)).toContain('aws-cdk')
    expect(printed).toMatch(/npm install\n.*npm run dev\n.*npm run test\n.*npx cdk deploy/)
  })

  it('does the same again without a change', async () => {
    await run()
    const before = snapshot()
    await run()
    expect(snapshot()).toEqual(before)
  })

  it('names the commands of the package manager that runs it', async () => {
    const before = process.env['npm_config_user_agent']
    process.env['npm_config_user_agent'] = 'pnpm/10.1.0 npm/? node/v24.0.0 linux x64'
    try {
      await run()
    } finally {
      if (before === undefined) delete process.env['npm_config_user_agent']
      else process.env['npm_config_user_agent'] = before
    }
    expect(printed).toMatch(/pnpm install\n.*pnpm run dev/)
  })

  it('is refused where there is a package without a CDK app', async () => {
    write('package.json', '{}')
    await expect(run()).rejects.toThrow('has a package.json, but no cdk.json')
    expect(Object.keys(snapshot())).toHaveLength(1)
  })
})

describe("init in an app of the CDK's template", () => {
  beforeEach(() => {
    writeCdkTemplate()
  })

  it('adds the construct to the stack, in the style of the file', async () => {
    await run()
    expect(read('lib/shop-stack.ts')).toBe(`import * as cdk from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { JobPlatform } from 'jobwire';
// import * as sqs from 'aws-cdk-lib/aws-sqs';

export class ShopStack extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props);

    // The code that defines your stack goes here

    // example resource
    // const queue = new sqs.Queue(this, 'ShopQueue', {
    //   visibilityTimeout: cdk.Duration.seconds(300)
    // });

    new JobPlatform(this, 'Jobs', { tasksPath: 'tasks/index.ts' });
  }
}
`)
  })

  it('adds tasks, a test for jest, a script and two packages, and touches nothing else', async () => {
    const before = snapshot()
    await run()
    expect(read('tasks/index.ts')).toContain('greet: defineTask(')
    expect(read('test/tasks.test.ts')).toContain("import { tasks } from '../tasks/index'")
    const changed = readJson('package.json')
    expect(changed['scripts']).toMatchObject({ test: 'jest', 'jobwire:dev': 'jobwire dev' })
    expect(changed['dependencies']).toMatchObject({ jobwire: expect.any(String), '@jobwire/sdk': expect.any(String) })
    const after = snapshot()
    const touched = Object.keys(before).filter((path) => after[path] !== before[path])
    expect(touched.sort()).toEqual(['lib/shop-stack.ts', 'package.json'].map((path) => join(folder, path)))
  })

  it('does nothing the second time', async () => {
    await run()
    const before = snapshot()
    await run()
    expect(snapshot()).toEqual(before)
    expect(printed).toContain('Everything is there already.')
  })

  it('leaves files and entries as they are that are there already', async () => {
    write('tasks/index.ts', 'export const tasks = {}\n')
    const manifest = readJson('package.json')
    manifest['scripts']['jobwire:dev'] = 'jobwire dev --port 5000'
    manifest['dependencies']['jobwire'] = 'file:../jobwire.tgz'
    write('package.json', JSON.stringify(manifest, null, 2))
    await run()
    expect(read('tasks/index.ts')).toBe('export const tasks = {}\n')
    expect(readJson('package.json')).toMatchObject({
      scripts: { 'jobwire:dev': 'jobwire dev --port 5000' },
      dependencies: { jobwire: 'file:../jobwire.tgz' },
    })
    expect(printed).toContain('Left as they are: tasks/index.ts')
  })

  it.each([
    ['two stacks', () => write('lib/second-stack.ts', read('lib/shop-stack.ts').replaceAll('Shop', 'Second'))],
    [
      'two classes',
      () => write('lib/shop-stack.ts', `${read('lib/shop-stack.ts')}\nclass More extends cdk.Stack {}\n`),
    ],
    ['no constructor', () => write('lib/shop-stack.ts', 'export class ShopStack extends Stack {}\n')],
    ['no stack', () => rmSync(join(folder, 'lib'), { recursive: true })],
  ])('prints the lines to add if the place for the construct is not clear: %s', async (_what, prepare) => {
    prepare()
    const stack = () => (existsSync(join(folder, 'lib/shop-stack.ts')) ? read('lib/shop-stack.ts') : 'none')
    const before = stack()
    await run()
    expect(stack()).toBe(before)
    expect(printed).toContain("new JobPlatform(this, 'Jobs', { tasksPath: 'tasks/index.ts' })")
  })
})

describe('init in a stack of another style', () => {
  it('follows its quotes and its missing semicolons, and is not misled by braces in texts and comments', async () => {
    write('cdk.json', '{ "app": "node app.js" }')
    write('package.json', '{\n    "name": "other"\n}\n')
    write(
      'lib/other-stack.ts',
      `import {
  Stack,
} from "aws-cdk-lib/core"
import type { Construct } from "constructs"

export class OtherStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id)
    if (id === "}") { // a brace } in a comment
      this.node.addMetadata("a", \`{ "b": "}" }\`)
    }
  }

  method() {}
}
`,
    )
    await run()
    const stack = read('lib/other-stack.ts')
    expect(stack).toContain('import type { Construct } from "constructs"\nimport { JobPlatform } from "jobwire"\n')
    expect(stack).toContain(`    }

    new JobPlatform(this, "Jobs", { tasksPath: "tasks/index.ts" })
  }

  method() {}`)
    expect(read('package.json')).toMatch(/^\{\n {4}"name"/)
  })
})
