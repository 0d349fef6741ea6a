import { existsSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { CommandError } from '../../frame/command-error.ts'
import { withParents } from '../../with-parents.ts'

/** A CDK app, as its `cdk.json` describes it. */
export interface CdkApp {
  /** The folder of `cdk.json`, in which the commands run. */
  readonly folder: string
  /** The command that synthesizes the app, or the path of an assembly that is there already. */
  readonly command: string
  /** A command that runs before it. */
  readonly build?: string
  readonly context: Readonly<Record<string, unknown>>
  /** The whole path of the folder that `cdk synth` writes to. */
  readonly output: string
}

/** Finds the CDK app of a folder: its own `cdk.json`, or the nearest one above it. */
export function findCdkApp(from: string): CdkApp {
  const folder = withParents(resolve(from)).find((parent) => isFile(join(parent, 'cdk.json')))
  if (folder === undefined) {
    throw new CommandError('usage', 'NO_CDK_APP', `There is no cdk.json in ${resolve(from)} or above it.`, {
      advice: 'Make an app with `jobwire init`, or give the folder of yours: --app-dir <folder>',
    })
  }
  return readCdkApp(folder)
}

function readCdkApp(folder: string): CdkApp {
  const file = join(folder, 'cdk.json')
  const { app, build, output, context } = readObject(file)
  if (typeof app !== 'string' || app.trim() === '') {
    throw new CommandError('usage', 'NO_CDK_APP', `${file} has no "app": the command that runs the CDK app.`)
  }
  return {
    folder,
    command: app,
    ...(typeof build === 'string' ? { build } : {}),
    // In the order of the CDK's command line: the file that is named last counts.
    context: {
      ...readContext(join(homedir(), '.cdk.json')),
      ...readLookups(folder),
      ...(context as object | undefined),
    },
    output: resolve(folder, typeof output === 'string' ? output : 'cdk.out'),
  }
}

/** The values that the CDK has looked up in AWS and keeps in the project. */
function readLookups(folder: string): object {
  const file = join(folder, 'cdk.context.json')
  return existsSync(file) ? readObject(file) : {}
}

function readContext(file: string): object {
  return existsSync(file) ? ((readObject(file)['context'] as object | undefined) ?? {}) : {}
}

function readObject(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  } catch (error) {
    throw new CommandError('usage', 'BAD_CDK_APP', `${file} is not valid JSON: ${(error as Error).message}`)
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}
