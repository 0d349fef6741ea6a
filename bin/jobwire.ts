import { parseArgs } from 'node:util'
import type { LogEntry } from '../local/context.ts'
import { demo } from '../cli/demo.ts'
import { start } from '../cli/start.ts'
import { readTokenSecret, signToken } from '../cli/token.ts'

const USAGE = `jobwire <command>

  start   keep a local cloud running, with the tasks of JOBWIRE_TASKS_PATH (tasks/index.ts)
            --port N               the port (4777, or the next free one)
            --data DIR             keep queues and tables in DIR across restarts
            --dynamodb-endpoint U  use this DynamoDB endpoint instead of Dynoxide
            --namespace NAME       the namespace of the printed token (default)
            --json                 print one line of JSON instead of the welcome
            --verbose              print the logs of the functions
  demo    run 400 jobs on a local cloud and show their results
  token   sign a token for a deployment, with your AWS credentials
            --secret-id ARN        the stack output TokenSecretArn (required)
            --namespace NAME       the namespace of the token (default)
            --subject NAME         the user of the token (cli)
            --expires-in SECONDS   the lifetime of the token (3600)
            --endpoint-url URL     the address of an emulator
`

const { values: flags, positionals } = readArguments()

async function main(): Promise<void> {
  const command = flags.help ? 'help' : positionals[0]
  switch (command) {
    case 'start':
      return start({
        ...(flags.port === undefined ? {} : { port: wholeNumber('--port', flags.port) }),
        ...(flags.data === undefined ? {} : { dataDir: flags.data }),
        ...(flags['dynamodb-endpoint'] === undefined ? {} : { dynamodbEndpoint: flags['dynamodb-endpoint'] }),
        namespace: flags.namespace,
        json: flags.json,
        log: flags.verbose ? printEntry : printWarning,
      })
    case 'demo':
      return demo()
    case 'token':
      return printToken()
    case 'help':
      process.stdout.write(USAGE)
      return
    default:
      throw new Error(`${command === undefined ? 'Give a command' : `There is no command "${command}"`}.\n\n${USAGE}`)
  }
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        port: { type: 'string' },
        data: { type: 'string' },
        'dynamodb-endpoint': { type: 'string' },
        namespace: { type: 'string', default: 'default' },
        json: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        'secret-id': { type: 'string' },
        subject: { type: 'string', default: 'cli' },
        'expires-in': { type: 'string', default: '3600' },
        'endpoint-url': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`)
    process.exit(1)
  }
}

async function printToken(): Promise<void> {
  const secretId = flags['secret-id']
  if (secretId === undefined) throw new Error('--secret-id is required: give the stack output TokenSecretArn.')
  const secret = await readTokenSecret(secretId, flags['endpoint-url'])
  const expiresInSeconds = wholeNumber('--expires-in', flags['expires-in'])
  const token = await signToken(secret, { namespace: flags.namespace, subject: flags.subject, expiresInSeconds })
  process.stdout.write(`${token}\n`)
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${flag} must be a whole number, not "${text}".`)
  return Number(text)
}

function printEntry({ level, source, message }: LogEntry): void {
  process.stderr.write(`${level.padEnd(5)} ${source}: ${message}\n`)
}

function printWarning(entry: LogEntry): void {
  if (entry.level === 'warn' || entry.level === 'error') printEntry(entry)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
