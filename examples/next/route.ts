// `app/api/greetings/route.ts` of a Next.js application: POST submits, GET ?id= waits for the result.
import { connect, JobError, JobwireError, type Jobwire } from '@jobwire/sdk'
import type { tasks } from '../../tasks/index.ts'

let client: Promise<Jobwire<typeof tasks>> | undefined

/** One client for all requests. The first request makes it; if it fails to connect, the next request tries again. */
function jobs(): Promise<Jobwire<typeof tasks>> {
  client ??= connect<typeof tasks>({ url: process.env.JOBWIRE_URL!, token: process.env.JOBWIRE_TOKEN! })
  client.catch(() => (client = undefined))
  return client
}

export const POST = (request: Request): Promise<Response> =>
  answer(async () => {
    const { name } = (await request.json()) as { name: string }
    const job = await (await jobs()).submit('greet', { name })
    return Response.json({ id: job.id }, { status: 202 })
  })

export const GET = (request: Request): Promise<Response> =>
  answer(async () => {
    const id = new URL(request.url).searchParams.get('id') ?? ''
    const { signal } = request
    const present = await jobs()
    await present.status(id, { signal })
    return Response.json({ greeting: await present.result<string>(id, { timeout: '20s', signal }) })
  })

async function answer(handle: () => Promise<Response>): Promise<Response> {
  try {
    return await handle()
  } catch (error) {
    if (!JobwireError.is(error)) throw error
    return Response.json({ error: { code: error.code, message: error.message } }, { status: statusOf(error) })
  }
}

function statusOf(error: JobwireError): number {
  if (JobError.is(error)) return 422
  if (error.code === 'RESULT_TIMEOUT') return 504
  if (error.code === 'JOB_NOT_FOUND') return 404
  return /^(INVALID|INPUT)_/.test(error.code) ? 400 : 503
}
