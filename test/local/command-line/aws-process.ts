import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface AwsAnswer {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** The AWS command line, started once for many calls: a new process for each would take most of the test's time. */
export interface AwsProcess {
  /** Runs one call after those that were started before. `model` is the name of the service's files. */
  run(model: string, args: readonly string[]): Promise<AwsAnswer>
  close(): void
}

/** Returns the path of a Python that has the AWS command line as a package; undefined if there is none. */
export function findAwsPython(): string | undefined {
  return [pythonOfAws(), 'python3', '/usr/bin/python3'].find(
    (python) => python !== undefined && succeeds(python, ['-c', 'import awscli.clidriver']),
  )
}

export function startAws(python: string, env: Readonly<Record<string, string>>): AwsProcess {
  const child = spawn(python, [join(__dirname, 'aws_calls.py')], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async run(model, args) {
      child.stdin.write(`${JSON.stringify({ model, args })}\n`)
      const { value, done } = await answers.next()
      if (done === true) throw new Error(`The AWS command line ended with ${exitOf(child)}.`)
      return JSON.parse(value) as AwsAnswer
    },
    close: () => child.stdin.end(),
  }
}

/** Reads the first line of `aws`, which names its interpreter unless `aws` is a shell script or a program. */
function pythonOfAws(): string | undefined {
  try {
    const path = execFileSync('which', ['aws'], { encoding: 'utf8' }).trim()
    return /^#!\s*(\S*python\S*)/.exec(readFileSync(path, 'latin1').slice(0, 200))?.[1]
  } catch {
    return undefined
  }
}

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function exitOf({ exitCode, signalCode }: ChildProcess): string {
  return signalCode ?? `status ${exitCode}`
}
