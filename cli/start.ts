import { startOnFreePort } from './dev/free-port.ts'
import { createScreen } from './dev/screen/screen.ts'
import { announce } from './dev/welcome/announce.ts'
import { runLocalCloud, type RunOptions } from './local-cloud.ts'
import { onStopSignal } from './stop-signal.ts'

export interface StartOptions extends RunOptions {
  readonly namespace: string
  /** Prints one line of JSON instead of the welcome, for programs that start a cloud. */
  readonly json: boolean
  readonly colour: boolean
}

/** Keeps a local cloud running until a signal stops it. */
export async function start({ namespace, json, colour, ...options }: StartOptions): Promise<void> {
  const screen = createScreen({ json, colour })
  const { started, taken } =
    options.port === undefined
      ? await startOnFreePort(undefined, (port) => runLocalCloud({ ...options, port }))
      : { started: await runLocalCloud(options), taken: [] }
  const { cloud } = started
  onStopSignal(() => cloud.close())
  if (taken.length > 0) screen.print(`Port ${taken.join(', ')} is taken: this is port ${cloud.port}.`)
  const folder = process.cwd()
  await announce({ cloud, screen, namespace, json, folder, taskNames: ['greet'], taskFiles: ['tasks/index.ts'] })
}
