import type { Command } from 'commander'
import { connect, type Jobwire } from '@jobwire/sdk'
import { Output } from '../output/output.ts'
import { resolveTarget } from '../target/resolve-target.ts'
import type { Target, TargetOptions } from '../target/target.ts'

export interface GlobalOptions extends TargetOptions {
  readonly json?: boolean
  readonly verbose?: boolean
  readonly color: boolean
}

/** What every command gets: the options that all commands share, and the output. */
export interface Session {
  readonly options: GlobalOptions
  readonly output: Output
  /** The options that the command line itself gives, without those of variables. */
  given(): TargetOptions
  /** Finds the deployment that the options, the variables, the profile or this machine name. */
  target(): Promise<Target>
}

export interface ClientSession extends Session {
  readonly jobs: Jobwire
}

/** The time to connect. An address that swallows packets must not hold the terminal for a minute. */
const CONNECT_TIMEOUT_MS = 8_000

/** Makes the action of a command that needs no client. The function gets the session, then the arguments and options. */
export function local<Args extends readonly unknown[]>(
  action: (session: Session, ...args: Args) => Promise<void> | void,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    await action(openSession(args.at(-1) as Command), ...(args.slice(0, -1) as unknown as Args))
  }
}

/** Makes the action of a command that needs a client, which is closed at the end. */
export function connected<Args extends readonly unknown[]>(
  action: (session: ClientSession, ...args: Args) => Promise<void>,
): (...args: unknown[]) => Promise<void> {
  return local<Args>(async (session, ...args) => {
    const { url, token } = await session.target()
    const jobs = await connect({ url, token, timeout: CONNECT_TIMEOUT_MS })
    try {
      await action({ ...session, jobs }, ...args)
    } finally {
      await jobs.close()
    }
  })
}

function openSession(command: Command): Session {
  const options = command.optsWithGlobals<GlobalOptions>()
  return {
    options,
    output: new Output({ json: options.json === true, colour: options.color }),
    given: () => givenOptions(command, options),
    target: () => resolveTarget(options, (name) => sourceOf(command, name)),
  }
}

function givenOptions(command: Command, options: GlobalOptions): TargetOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => sourceOf(command, name) === 'cli'))
}

/** Returns where the value of an option comes from, which for the options of all commands is the program's to know. */
function sourceOf(command: Command, name: string): string | undefined {
  return command.getOptionValueSourceWithGlobals(name)
}
