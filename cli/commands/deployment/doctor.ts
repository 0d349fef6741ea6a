import { attempt, type Check, ok } from '../../doctor/check.ts'
import { CliCommand } from '../../frame/cli-command.ts'
import { EXIT_CODES } from '../../frame/exit-codes.ts'
import { local, type Session } from '../../frame/session.ts'
import { withoutUndefined } from '../../frame/without-undefined.ts'
import type { Output } from '../../output/output.ts'
import { awsPlaceOf } from '../../target/log-groups.ts'
import type { Target } from '../../target/target.ts'

export function doctorCommand(): CliCommand {
  return new CliCommand('doctor')
    .summary('check this machine and a deployment')
    .description(
      'Checks Node, the packages and settings of the project, how the deployment is found, its token, REST, clock and socket, and with a stack the AWS credentials and permissions. Each line says what to do.',
    )
    .example('jobwire doctor', 'Check the laptop and the local cloud')
    .example('jobwire doctor --stack Jobwire --region eu-central-1', 'Check a deployment on AWS')
    .action(
      local(async (session) => {
        const checks: Check[] = []
        for await (const check of runChecks(session)) {
          checks.push(check)
          if (!session.output.json) session.output.line(check, () => renderCheck(session.output, check))
        }
        const bad = checks.filter(({ state }) => state === 'failed')
        const shown = checks.map(({ exit: _exit, ...check }) => check)
        if (session.output.json) session.output.value({ ok: bad.length === 0, checks: shown }, () => '')
        if (bad.length === 0) return
        process.exitCode = EXIT_CODES[bad.some(({ exit }) => exit === 'unreachable') ? 'unreachable' : 'failed'].code
      }),
    )
}

async function* runChecks(session: Session): AsyncGenerator<Check> {
  const { checkMachine } = await import('../../doctor/machine-checks.ts')
  yield* checkMachine(process.cwd())
  const found = await findTarget(session)
  yield found.check
  const { target } = found
  const place = target === undefined ? placeOfOptions(session) : awsPlaceOf(target)
  if (place !== undefined) {
    const { checkAws } = await import('../../doctor/aws-checks.ts')
    yield* await checkAws(place)
  }
  if (target === undefined) return
  const { checkDeployment } = await import('../../doctor/deployment-checks.ts')
  yield* await checkDeployment(target)
}

async function findTarget(session: Session): Promise<{ readonly check: Check; readonly target?: Target }> {
  let target: Target | undefined
  const check = await attempt('deployment', 'Give --url and --token, --stack or --profile.', async () => {
    target = await session.target()
    return ok('deployment', `${target.url}, by ${target.foundBy}`)
  })
  return { check, ...(target === undefined ? {} : { target }) }
}

/** A stack that cannot be read still has credentials to check. */
function placeOfOptions({ options: { stack, region, endpointUrl } }: Session) {
  if (stack === undefined) return undefined
  return { stack, ...withoutUndefined({ region, endpointUrl }) }
}

function renderCheck(output: Output, { name, state, detail, advice }: Check): string {
  const mark = { ok: output.paint('✔', 'green'), failed: output.paint('✖', 'red'), info: '·' }[state]
  const next = advice === undefined ? '' : `\n  → ${advice}`
  return `${mark} ${name}: ${detail}${next}`
}
