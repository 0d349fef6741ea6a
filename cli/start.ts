import { startOnFreePort } from './dev/free-port.ts'
import { runLocalCloud, type RunOptions } from './local-cloud.ts'
import { onStopSignal } from './stop-signal.ts'

export interface StartOptions extends RunOptions {
  readonly namespace: string
  /** Prints one line of JSON instead of the welcome, for programs that start a cloud. */
  readonly json: boolean
}

/** Keeps a local cloud running until a signal stops it. */
export async function start(options: StartOptions): Promise<void> {
  const { started: running, taken } =
    options.port === undefined
      ? await startOnFreePort(undefined, (port) => runLocalCloud({ ...options, port }))
      : { started: await runLocalCloud(options), taken: [] }
  onStopSignal(() => running.cloud.close())
  const token = await running.mintToken(options.namespace)
  if (options.json) {
    const { url, socketUrl, cloud } = running
    process.stdout.write(
      `${JSON.stringify({ url, socketUrl, token, endpoint: cloud.endpoint, outputs: cloud.outputs })}\n`,
    )
    return
  }
  if (taken.length > 0) process.stdout.write(`Port ${taken.join(', ')} is taken: this is port ${running.cloud.port}.\n`)
  process.stdout.write(
    welcome({ url: running.url, socketUrl: running.socketUrl, token, endpoint: running.cloud.endpoint }),
  )
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
