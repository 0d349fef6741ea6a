import { JobwireError } from '@jobwire/sdk'
import type { Target } from './target.ts'

export interface RestAnswer<Body> {
  readonly body: Body
  /** The time of the platform, from the header `date`. */
  readonly date: string | null
  readonly tookMs: number
}

const ANSWER_TIMEOUT_MS = 10_000

/** Gets a route that the SDK has no method for. */
export async function getRoute<Body>({ url, token }: Target, path: string): Promise<RestAnswer<Body>> {
  const authorization = `Bearer ${await token()}`
  const startMs = performance.now()
  const answer = await send(url, path, authorization)
  const tookMs = performance.now() - startMs
  const body = (await answer.json().catch(() => undefined)) as
    | Body
    | { error?: { code: string; message: string } }
    | undefined
  const error = body !== null && typeof body === 'object' && 'error' in body ? body.error : undefined
  if (error?.code !== undefined) throw new JobwireError(error.code, error.message)
  if (answer.status === 401) throw new JobwireError('UNAUTHENTICATED', `${url} does not accept the token.`)
  if (!answer.ok || body === undefined) {
    throw new JobwireError('BAD_ANSWER', `${url} returned ${answer.status}: check the address.`)
  }
  return { body: body as Body, date: answer.headers.get('date'), tookMs }
}

async function send(url: string, path: string, authorization: string): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
    return await fetch(url.replace(/\/+$/, '') + path, { headers: { authorization }, signal })
  } catch (cause) {
    throw new JobwireError('UNREACHABLE', `${url} could not be reached.`, { cause })
  }
}
