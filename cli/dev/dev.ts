import { relative } from 'node:path'
import { onStopSignal } from '../stop-signal.ts'
import { findCdkApp } from './cdk-app.ts'
import { announce } from './announce.ts'
import type { DevOptions } from './dev-options.ts'
import { type DevCloud, startDevCloud } from './dev-cloud.ts'
import { followSources } from './follow-sources.ts'
import { openProject } from './project.ts'
import { createScreen } from './screen.ts'

/** Runs the user's CDK app on this machine, and follows its sources, until a signal stops it. */
export async function dev(options: DevOptions): Promise<void> {
  const project = openProject(findCdkApp(options.appDir), options)
  const screen = createScreen(options)
  let cloud: DevCloud | undefined
  let stopFollowing: () => Promise<void> = () => Promise.resolve()
  let isStopping = false
  onStopSignal(async () => {
    isStopping = true
    project.stopSynthesis()
    await stopFollowing()
    await cloud?.close()
    project.close(cloud?.live)
  })
  process.on('exit', () => project.stopSynthesis())
  try {
    const kept = options.watch ? project.takeAssembly() : undefined
    if (kept === undefined) screen.print(`Synthesizing ${relative(process.cwd(), project.app.folder) || 'the app'} …`)
    const assemblyDir = kept === undefined ? await project.synthesize().done : project.assemblyDir
    cloud = await startDevCloud(options, { project, screen, assemblyDir })
    if (kept === undefined) await cloud.live.refresh()
    await announce(options, { project, screen, cloud, tasks: kept ?? cloud.live.describe() })
    if (options.watch)
      stopFollowing = followSources({ project, screen, cloud, assemblyDir, isKept: kept !== undefined })
  } catch (error) {
    // A stop signal ends a synthesis too, and then its handler ends this process.
    if (isStopping) return
    await cloud?.close()
    project.close(undefined)
    throw error
  }
}
