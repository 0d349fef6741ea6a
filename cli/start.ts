import { runLocalCloud, type RunOptions, type Running } from './local-cloud.ts'
import { onStopSignal } from './stop-signal.ts'

export interface StartOptions extends RunOptions {
  readonly namespace: string
  /** Prints one line of JSON instead of the welcome, for programs that start a cloud. */
  readonly json: boolean
}

/** Keeps a local cloud running until a signal stops it. */
export async function start(options: StartOptions): Promise<void> {
  const running = options.port === undefined ? await runOnFreePort(options) : await runLocalCloud(options)
  onStopSignal(() => running.cloud.close())
  const token = await running.mintToken(options.namespace)
  if (options.json) {
    const { url, socketUrl, cloud } = running
    process.stdout.write(
      `${JSON.stringify({ url, socketUrl, token, endpoint: cloud.endpoint, outputs: cloud.outputs })}\n`,
    )
    return
  }
  process.stdout.write(
    welcome({ url: running.url, socketUrl: running.socketUrl, token, endpoint: running.cloud.endpoint }),
  )
}

const FIRST_PORT = 4777
const PORTS_TO_TRY = 20

/** Tries the same ports at each start, so that a pasted address works again the next day. */
async function runOnFreePort(options: RunOptions): Promise<Running> {
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS_TO_TRY; port++) {
    try {
      return await runLocalCloud({ ...options, port })
    } catch (error) {
      if (!isPortTaken(error)) throw error
    }
  }
  return runLocalCloud({ ...options, port: 0 })
}

function isPortTaken(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') return true
  }
  return false
}

function welcome(at: { url: string; socketUrl: string; token: string; endpoint: string }): string {
  return `
Jobwire is running on this machine. Ctrl-C stops it.

  REST       ${at.url}
  socket     ${at.socketUrl}
  AWS APIs   ${at.endpoint}   (aws --endpoint-url ${at.endpoint} sqs list-queues)
  token      ${at.token}

Submit a job with curl:

  curl ${at.url}/jobs -H 'Authorization: Bearer ${at.token}' \\
    -d '{"task": "greet", "input": {"name": "Ada"}}'

or from a program that has the result pushed to it (paste all of this):

cat > hello.mjs <<'END'
import { connect } from '@jobwire/sdk'

const jobs = await connect({
  url: '${at.url}',
  token: '${at.token}',
})
console.log(await jobs.run('greet', { name: 'Ada' }))
await jobs.close()
END
npm run --silent build:sdk && node hello.mjs

`
}
