import { PROTOCOL_VERSION, type PlatformInfo } from '../../protocol/wire/rest.ts'
import { renderDuration } from '../output/time.ts'
import { getRoute } from '../target/rest.ts'
import type { Target } from '../target/target.ts'
import { attempt, type Check, failed, info, ok } from './check.ts'
import { checkSocket } from './socket-check.ts'
import { checkToken } from './token-check.ts'

/** AWS refuses signatures and tokens that are minutes off. The header counts whole seconds. */
const MOST_SKEW_MS = 30_000

/** Checks an address from outside: the token, REST, the clock and the socket. */
export async function checkDeployment(target: Target): Promise<Check[]> {
  let token: string
  try {
    token = await target.token()
  } catch (error) {
    return [failed('token', (error as Error).message, 'Check --token-file and your AWS credentials.', 'unreachable')]
  }
  const checks = [checkToken(token, Date.now())]
  const advice = 'Compare the address with the output RestUrl of the stack, and try it from another network.'
  let platform: PlatformInfo | undefined
  const rest = await attempt('REST', advice, async () => {
    const first = await getRoute<PlatformInfo>(target, '/')
    platform = first.body
    checks.push(checkClock(first.date, Date.now()))
    // The first request opened the connection.
    const { tookMs } = await getRoute<PlatformInfo>(target, '/')
    return checkProtocol(first.body, `${target.url} answers in ${Math.round(tookMs)} ms`)
  })
  checks.splice(1, 0, rest)
  if (platform === undefined) return checks
  checks.push(await checkSocket(platform.socketUrl, token))
  checks.push(await attempt('failures', 'See jobwire failures.', () => checkFailures(target)))
  return checks
}

function checkProtocol({ protocol }: { readonly protocol: number }, detail: string): Check {
  if (protocol === PROTOCOL_VERSION) return ok('REST', `${detail}, protocol ${protocol}`)
  const advice = 'Install the version of jobwire and @jobwire/sdk that the stack was deployed with.'
  return failed(
    'REST',
    `It speaks protocol ${protocol}, and this command ${String(PROTOCOL_VERSION)}.`,
    advice,
    'unreachable',
  )
}

/** Compares the header `date` of an answer with the clock of this machine. */
export function checkClock(date: string | null, nowMs: number): Check {
  const serverMs = date === null ? Number.NaN : Date.parse(date)
  if (Number.isNaN(serverMs)) return info('clock', 'The deployment does not say what time it is.')
  const skewMs = nowMs - serverMs
  const amount = renderDuration(Math.abs(skewMs))
  if (Math.abs(skewMs) <= MOST_SKEW_MS) return ok('clock', `within ${amount} of that of the deployment`)
  const direction = skewMs > 0 ? 'ahead of' : 'behind'
  const advice = 'Set the clock of this machine, best by NTP: AWS refuses requests that are minutes off.'
  return failed('clock', `It is ${amount} ${direction} that of the deployment.`, advice)
}

/** The failures that come from settings, not from the code of a task. */
const BY_SETTINGS: Readonly<Record<string, string>> = {
  TIMEOUT_TOO_LONG:
    'A task has a longer timeout than its lane. Raise the `timeout` of the lane, or lower that of the task.',
  WORKER_CRASHED: 'A worker died, often of too little memory. See jobwire logs <id>, and raise `memoryMb` of the lane.',
  EXPIRED: 'Jobs waited for longer than their `startWithin`. Raise `maxConcurrency` of the lane.',
}

async function checkFailures(target: Target): Promise<Check> {
  const { body } = await getRoute<{ codes: Record<string, number>; total: number }>(target, '/failures')
  const found = Object.keys(BY_SETTINGS).filter((code) => (body.codes[code] ?? 0) > 0)
  if (found.length === 0) return ok('failures', `${body.total} failed jobs, none because of a setting`)
  const detail = found.map((code) => `${body.codes[code]} × ${code}`).join(', ')
  return failed('failures', detail, found.map((code) => BY_SETTINGS[code]).join(' '))
}
