import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { findOwnFolder } from '../../lib/own-folder.ts'
import { CommandError } from '../frame/command-error.ts'
import { LINES_TO_ADD } from './add-platform.ts'
import { findPackageManager } from './package-manager.ts'
import { type Plan, planForApp, planForEmptyFolder } from './plan.ts'

export interface InitOptions {
  readonly folder: string
  /** True to write without asking. */
  readonly yes: boolean
  readonly print: (text: string) => void
}

/**
 * Adds Jobwire to the CDK app of a folder, or makes a new app where there is none. No file is overwritten, and no entry
 * of one.
 */
export async function init({ folder, yes, print }: InitOptions): Promise<void> {
  const root = resolve(folder)
  const version = ownVersion()
  const isApp = existsSync(join(root, 'cdk.json'))
  const plan = isApp ? planForApp(root, version) : planForEmptyFolder(root, appName(root), version)
  if (plan.writes.length === 0) {
    print('Everything is there already.')
  } else {
    print(plan.writes.map(({ path, what }) => `  ${path.padEnd(24)} ${what}`).join('\n'))
    if (!yes && process.stdin.isTTY && !(await confirm())) return
    for (const { path, text } of plan.writes) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
  }
  print(nextSteps(root, plan))
}

async function confirm(): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return !/^\s*n/i.test(await lines.question('Write these files? [Y/n] '))
  } finally {
    lines.close()
  }
}

function nextSteps(root: string, { kept, platform, devScript }: Plan): string {
  const manager = findPackageManager(root, process.env)
  const folder = relative(process.cwd(), root)
  const steps = [
    ...(folder === '' ? [] : [`cd ${folder}`]),
    manager.install,
    manager.run(devScript),
    manager.run('test'),
    manager.execute('cdk deploy'),
  ]
  const notes = kept.length === 0 ? '' : `\nLeft as they are: ${kept.join(', ')}\n`
  const byHand =
    platform === 'by-hand'
      ? `\nAdd the construct to your stack:\n\n${LINES_TO_ADD.map((line) => `  ${line}`).join('\n')}\n`
      : ''
  return `${notes}${byHand}\nNext:\n\n${steps.map((step) => `  ${step}`).join('\n')}\n`
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(join(findOwnFolder(), 'package.json'), 'utf8')) as { version?: string }
  if (version === undefined) throw new CommandError('failed', 'NO_VERSION', 'The package jobwire has no version.')
  return version
}

/** A name that npm accepts. */
function appName(root: string): string {
  const name = basename(root)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return name === '' ? 'app' : name
}
