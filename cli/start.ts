import { runLocalCloud, type RunOptions } from './local-cloud.ts'
import { onStopSignal } from './stop-signal.ts'

export interface StartOptions extends RunOptions {
  readonly namespace: string
  /** Print one line of JSON instead of the welcome: for programs that start a cloud. */
  readonly json: boolean
}

/** Keeps a local cloud running until it is told to stop. */
export async function start(options: StartOptions): Promise<void> {
  const running = await runLocalCloud(options)
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

or from a program, with the result pushed to it:

  import { connect } from '@jobwire/sdk'
  const jobs = await connect({
    url: '${at.url}',
    token: '${at.token}',
  })
  console.log(await jobs.run('greet', { name: 'Ada' }))
  await jobs.close()

`
}
