import { decodeJwt } from 'jose'
import { renderTime } from '../output/time.ts'
import { type Check, failed, ok } from './check.ts'

const ADVICE = 'Get a new token: jobwire token --stack <name>, or --token-file for one that a program renews.'

/** Reads the claims of a token. Only the deployment can tell whether its signature is right. */
export function checkToken(token: string, nowMs: number): Check {
  let claims: { readonly ns?: unknown; readonly sub?: string; readonly exp?: number }
  try {
    claims = decodeJwt(token)
  } catch {
    return failed('token', 'It is no JWT.', ADVICE, 'unreachable')
  }
  const { ns, sub, exp } = claims
  if (typeof ns !== 'string') return failed('token', 'It has no claim "ns" with the namespace.', ADVICE, 'unreachable')
  if (exp === undefined) return failed('token', 'It has no claim "exp" with its end.', ADVICE, 'unreachable')
  const user = sub === undefined ? '' : `, user "${sub}"`
  if (exp * 1000 <= nowMs) {
    return failed('token', `It ended ${renderTime(exp * 1000, nowMs)}.`, ADVICE, 'unreachable')
  }
  return ok('token', `namespace "${ns}"${user}, ends ${renderTime(exp * 1000, nowMs)}`)
}
