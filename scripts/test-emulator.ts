import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EMULATOR_PLACE, emulatorAccount } from '../test/emulator/emulator-account.ts'
import { startMiniStack, type Emulator } from '../test/emulator/ministack.ts'
import { reachableUrl } from '../cli/target/reachable-url.ts'
import { readTokenSecret } from '../cli/token.ts'

/**
 * Deploys the stack (`cdk bootstrap`, `cdk deploy`) and runs the end-to-end suite against it: on MiniStack, which it
 * installs and starts itself; on the endpoint that AWS_ENDPOINT_URL names; or, with JOBWIRE_TARGET=aws, on the account
 * of the caller's credentials.
 */
const root = process.cwd()
const workDir = join(root, '.jobwire/emulator')
const STACK = 'Jobwire'

async function main(): Promise<number> {
  mkdirSync(workDir, { recursive: true })
  if (process.env.JOBWIRE_TARGET === 'aws') return deployAndTest('aws', undefined)
  if (process.env.AWS_ENDPOINT_URL !== undefined) return deployAndTest('emulator', process.env.AWS_ENDPOINT_URL)
  const emulator: Emulator = await startMiniStack(workDir)
  try {
    return await deployAndTest('emulator', emulator.endpoint)
  } finally {
    await emulator.stop()
  }
}

async function deployAndTest(target: 'emulator' | 'aws', endpoint: string | undefined): Promise<number> {
  // The suite receives webhooks on this machine.
  if (endpoint !== undefined) Object.assign(process.env, emulatorAccount(endpoint), { JOBWIRE_WEBHOOK_TARGETS: 'any' })
  const outputsFile = join(workDir, 'outputs.json')
  const cdk = (...args: string[]) =>
    run(join(root, 'node_modules/.bin/cdk'), [...args, '--output', join(workDir, 'cdk.out'), ...appFor(target)])
  await cdk('bootstrap', ...(endpoint === undefined ? [] : [EMULATOR_PLACE]))
  await cdk('deploy', STACK, '--require-approval', 'never', '--outputs-file', outputsFile)

  const outputs = (JSON.parse(readFileSync(outputsFile, 'utf8')) as Record<string, Record<string, string>>)[STACK]!
  const suite = await run(
    join(root, 'node_modules/.bin/jest'),
    ['--selectProjects', 'e2e', '--verbose', '--runInBand'],
    {
      JOBWIRE_TARGET: target,
      JOBWIRE_URL: reachableUrl(outputs.RestUrl!, endpoint),
      JOBWIRE_SOCKET_URL: reachableUrl(outputs.SocketUrl!, endpoint),
      JOBWIRE_TOKEN_SECRET: await readTokenSecret(outputs.TokenSecretArn!, endpoint),
      ...(endpoint === undefined ? {} : { JOBWIRE_ENDPOINT: endpoint }),
    },
  ).then(
    () => 0,
    () => 1,
  )
  return suite
}

/** The emulator gets the stack without the parts that it does not know. AWS gets the whole stack. */
function appFor(target: 'emulator' | 'aws'): string[] {
  return target === 'aws' ? [] : ['--app', 'node scripts/run.mjs test/emulator/app.ts']
}

function run(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: 'inherit',
      env: {
        ...process.env,
        ...env,
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        CDK_DISABLE_CLI_TELEMETRY: 'true',
      },
    })
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args[0]} ended with exit code ${code}.`)),
    )
  })
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  },
)
