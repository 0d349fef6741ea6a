import { join } from 'node:path'
import { type Cloud, startCloud } from '../../local/cloud.ts'
import { lambdaRuntime } from '../lambda-runtime.ts'
import type { DevOptions } from './dev-options.ts'
import { startOnFreePort } from './free-port.ts'
import { createLiveTasks, type LiveTasks } from './follow/live-tasks.ts'
import { createLogLines } from './screen/log-lines.ts'
import type { Project } from './project/project.ts'
import { createStackReader } from './screen/read-stack.ts'
import type { Screen } from './screen/screen.ts'

/** The local cloud, with tasks that can change. */
export interface DevCloud {
  readonly cloud: Cloud
  readonly live: LiveTasks
  close(): Promise<void>
}

export interface DevCloudParts {
  readonly project: Project
  readonly screen: Screen
  readonly assemblyDir: string
}

/** Starts the local cloud on an assembly. */
export async function startDevCloud(
  options: DevOptions,
  { project, screen, assemblyDir }: DevCloudParts,
): Promise<DevCloud> {
  const { dataDir, stack, verbose, allowRealAws } = options
  const { work } = project
  let live: LiveTasks | undefined
  const stacks = createStackReader({ folder: process.cwd(), ownFolders: () => live?.ownFolders() ?? [] })
  const log = createLogLines({ ...screen, verbose, stacks })
  const runtimePath = await lambdaRuntime()
  const { started: cloud, taken } = await startOnFreePort(options.port, (port) =>
    startCloud({
      assemblyDir,
      runtimePath,
      port,
      log,
      allowRealAws,
      ...(dataDir === undefined ? { secretsFile: work.secretsFile } : { dataDir }),
      ...(stack === undefined ? {} : { stackName: stack }),
    }),
  )
  if (taken.length > 0) screen.print(`Port ${taken.join(', ')} is taken: this is port ${cloud.port}.`)
  const tasks = createLiveTasks(cloud, join(work.own, 'code'))
  live = tasks
  const close = async (): Promise<void> => {
    await tasks.close()
    await cloud.close()
  }
  try {
    await tasks.follow(assemblyDir)
    return { cloud, live: tasks, close }
  } catch (error) {
    await close()
    throw error
  }
}
