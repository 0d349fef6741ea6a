import { rmSync } from 'node:fs'
import { startCloudProcess, type CloudProcess } from './cloud-process.ts'
import { buildCli, emptyHome, runCli, type CliRun, type CliRunOptions } from './cli-process.ts'

/** A local cloud, and the command line that works with it. */
export interface CliCloud {
  readonly cloud: CloudProcess
  /** The folder of the user's files, which is empty at first. */
  readonly home: string
  run(args: readonly string[], options?: CliRunOptions): CliRun
  close(): Promise<void>
}

export async function openCliCloud(): Promise<CliCloud> {
  const bundle = buildCli()
  const cloud = await startCloudProcess()
  const home = emptyHome()
  return {
    cloud,
    home: home.HOME,
    run(args, options = {}) {
      const env = { ...home, JOBWIRE_URL: cloud.url, JOBWIRE_TOKEN: cloud.token, ...options.env }
      return runCli(bundle.path, args, { ...options, env })
    },
    async close() {
      bundle.remove()
      rmSync(home.HOME, { recursive: true })
      await cloud.stop()
    },
  }
}
