import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EMULATOR_PLACE, emulatorAccount } from './emulator-account.ts'
import { startMiniStack } from './ministack.ts'
import { UNKNOWN_TO_EMULATOR } from './unknown-types.ts'

/**
 * Deploys the assembly that a CDK app has in `cdk.out` to MiniStack, by `cdk deploy`, and runs a command of its Jobwire
 * there: `deploy-assembly.ts <folder of the app> <stack> run greet '{"name": "Ada"}'`. Prints what the command prints.
 */
const [folder = '', stack = '', ...command] = process.argv.slice(2)
const workDir = join(process.cwd(), '.jobwire/emulator')
const cdk = join(process.cwd(), 'node_modules/aws-cdk/bin/cdk')

interface Template {
  readonly Resources: Record<string, { readonly Type: string; DependsOn?: string | string[] }>
}

/** Leaves out of the template what the emulator does not know. */
function leaveOutUnknown(): void {
  const path = join(folder, 'cdk.out', `${stack}.template.json`)
  const template = JSON.parse(readFileSync(path, 'utf8')) as Template
  const unknown = Object.keys(template.Resources).filter((id) => template.Resources[id]!.Type in UNKNOWN_TO_EMULATOR)
  for (const id of unknown) delete template.Resources[id]
  for (const resource of Object.values(template.Resources)) {
    const needed = [resource.DependsOn ?? []].flat().filter((id) => !unknown.includes(id))
    if (resource.DependsOn !== undefined) resource.DependsOn = needed
  }
  writeFileSync(path, JSON.stringify(template))
}

function run(args: readonly string[], endpoint: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...emulatorAccount(endpoint), CDK_DISABLE_CLI_TELEMETRY: 'true' },
  })
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

mkdirSync(workDir, { recursive: true })
leaveOutUnknown()
const { endpoint, stop } = await startMiniStack(workDir)
try {
  run([cdk, 'bootstrap', EMULATOR_PLACE, '--app', 'cdk.out'], endpoint)
  run([cdk, 'deploy', stack, '--app', 'cdk.out', '--require-approval', 'never'], endpoint)
  const bin = join(folder, 'node_modules/jobwire/dist/bin.mjs')
  process.stdout.write(run([bin, ...command, '--stack', stack, '--endpoint-url', endpoint], endpoint))
} finally {
  await stop()
}
