import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { CommandError } from '../../frame/command-error.ts'
import { withParents } from '../../with-parents.ts'
import type { CdkApp } from './cdk-app.ts'

/** A synthesis of a CDK app that is under way. */
export interface Synthesis {
  /**
   * Resolves with the folder of the assembly. Rejects with a `CommandError` that has the app's own words, or with
   * `SynthesisStopped`.
   */
  readonly done: Promise<string>
  /** Ends the app's processes. */
  stop(): void
}

export interface SynthesisOptions {
  /** The folder for the assembly. Assets that an earlier synthesis has left there are not copied again. */
  readonly outDir: string
  /** The folder in which Node keeps compiled code between runs. */
  readonly compileCache: string
  /** Environment variables for the app, over those of this process. */
  readonly variables: Readonly<Record<string, string>>
}

/** A synthesis was stopped, because its result is not needed any more. */
export class SynthesisStopped extends Error {
  override readonly name = 'SynthesisStopped'
}

/** The account and the region of the local cloud, for apps that ask for those of the caller. */
const LOCAL_PLACE = { CDK_DEFAULT_ACCOUNT: '000000000000', CDK_DEFAULT_REGION: 'us-east-1' }

/** A larger context travels in a file, as the CDK's command line does it: Linux limits a variable to 128 KB. */
const MAX_CONTEXT_BYTES = 100_000

/** Runs a CDK app as `cdk synth` does, without the CDK's command line and without a call of AWS. */
export function synthesizeApp(app: CdkApp, options: SynthesisOptions): Synthesis {
  const ready = readyAssembly(app)
  if (ready !== undefined) return { done: Promise.resolve(ready), stop: () => undefined }
  mkdirSync(options.outDir, { recursive: true })
  const environment = appEnvironment(app, options)
  let stopped = false
  let running: Running | undefined
  const run = async (command: string): Promise<void> => {
    if (stopped) throw new SynthesisStopped()
    running = runCommand(command, app.folder, environment)
    await running.done.catch((error: unknown) => {
      throw stopped ? new SynthesisStopped() : error
    })
  }
  const done = (async () => {
    try {
      if (app.build !== undefined) await run(app.build)
      await run(nodeForScripts(app))
      if (!existsSync(join(options.outDir, 'manifest.json'))) throw noAssembly(app)
      return options.outDir
    } finally {
      rmSync(contextFile(options.outDir), { force: true })
    }
  })()
  return {
    done,
    stop() {
      stopped = true
      running?.stop()
    },
  }
}

/** `"app": "cdk.out"` names an assembly that somebody else has made. */
function readyAssembly({ folder, command }: CdkApp): string | undefined {
  const path = resolve(folder, command)
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? path : undefined
}

/** A bare script runs in Node, as with the CDK's command line. */
function nodeForScripts({ folder, command }: CdkApp): string {
  const isScript = /^\S+\.[cm]?js$/.test(command) && existsSync(resolve(folder, command))
  return isScript ? `"${process.execPath}" "${command}"` : command
}

function appEnvironment(app: CdkApp, { outDir, compileCache, variables }: SynthesisOptions): NodeJS.ProcessEnv {
  const context = {
    // `cdk synth` sets these two as well.
    'aws:cdk:enable-path-metadata': true,
    'aws:cdk:enable-asset-metadata': true,
    ...app.context,
  }
  const text = JSON.stringify(context)
  const fits = Buffer.byteLength(text) <= MAX_CONTEXT_BYTES
  if (!fits) writeFileSync(contextFile(outDir), text)
  return {
    ...process.env,
    ...pathWithPackages(app.folder),
    ...LOCAL_PLACE,
    ...variables,
    CDK_OUTDIR: outDir,
    CDK_CONTEXT_JSON: fits ? text : '{}',
    ...(fits ? {} : { CONTEXT_OVERFLOW_LOCATION_ENV: contextFile(outDir) }),
    // Validating the template takes seconds. `cdk synth` and `cdk deploy` do it.
    CDK_VALIDATION: 'false',
    CDK_DISABLE_STACK_TRACE: '1',
    // Node 22 and later keep compiled code here; Node 20 ignores the variable.
    NODE_COMPILE_CACHE: compileCache,
  }
}

/** The programs of the app's packages come first on PATH, as npm puts them there for a script: `"app": "tsx bin/app.ts"`. */
function pathWithPackages(folder: string): NodeJS.ProcessEnv {
  // On Windows the variable may have another case, and only one of them counts.
  const name = Object.keys(process.env).find((each) => each.toUpperCase() === 'PATH') ?? 'PATH'
  const programs = withParents(folder).map((parent) => join(parent, 'node_modules/.bin'))
  return { [name]: [...programs, process.env[name] ?? ''].join(delimiter) }
}

function contextFile(outDir: string): string {
  return `${outDir}.context.json`
}

interface Running {
  readonly done: Promise<void>
  stop(): void
}

function runCommand(command: string, folder: string, environment: NodeJS.ProcessEnv): Running {
  const onWindows = process.platform === 'win32'
  // In a group of its own, so that `stop` reaches also what the shell has started.
  const child = spawn(command, {
    cwd: folder,
    env: environment,
    shell: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: !onWindows,
  })
  const printed: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => printed.push(chunk))
  const done = new Promise<void>((resolvePromise, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolvePromise()
      else reject(commandFailed(command, Buffer.concat(printed).toString(), signal ?? `code ${code}`))
    })
  })
  return {
    done,
    stop() {
      if (child.pid === undefined || child.exitCode !== null) return
      try {
        process.kill(onWindows ? child.pid : -child.pid, 'SIGTERM')
      } catch {
        // It has ended meanwhile.
      }
    },
  }
}

function commandFailed(command: string, printed: string, end: string): CommandError {
  const text = printed.trim() === '' ? `It ended with ${end} and printed nothing.` : readableOutput(printed)
  return new CommandError('failed', 'SYNTHESIS_FAILED', `The CDK app cannot be synthesized (${command}):\n\n${text}\n`)
}

/** Leaves out what does not help: frames and lines of Node and of packages, and Node's own last line. */
function readableOutput(printed: string): string {
  return printed
    .replace(/^\S*(?:node_modules|node:internal)\S*:\d+\n.*\n\s*\^+\s*\n/m, '')
    .split('\n')
    .filter((line) => !/^\s+at .*(node:internal|[\\/]node_modules[\\/])/.test(line) && !/^Node\.js v\d/.test(line))
    .join('\n')
    .trim()
}

function noAssembly({ command }: CdkApp): CommandError {
  return new CommandError(
    'failed',
    'SYNTHESIS_FAILED',
    `The command "${command}" of cdk.json wrote no assembly. It must run a CDK app to its end: new App(), and its stacks.`,
  )
}
