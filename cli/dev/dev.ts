import { relative } from 'node:path'
import { CommandError } from '../frame/command-error.ts'
import { onStopSignal } from '../stop-signal.ts'
import { findCdkApp } from './project/cdk-app.ts'
import { announce } from './welcome/announce.ts'
import type { DevOptions } from './dev-options.ts'
import { type DevCloud, startDevCloud } from './dev-cloud.ts'
import { followSources } from './follow/follow-sources.ts'
import { openProject, type Project } from './project/project.ts'
import { createScreen, type Screen } from './screen/screen.ts'
import { watchFiles } from './follow/watch-files.ts'

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
    const tasks = cloud?.live.describe()
    await cloud?.close()
    project.close(tasks)
  })
  process.on('exit', () => project.stopSynthesis())
  try {
    const kept = options.watch ? project.takeAssembly() : undefined
    if (kept === undefined) screen.print(`Synthesizing ${relative(process.cwd(), project.app.folder) || 'the app'} …`)
    const assemblyDir = kept === undefined ? await synthesizeFirst(options, project, screen) : project.assemblyDir
    cloud = await startDevCloud(options, { project, screen, assemblyDir })
    // The code of an unchanged kept assembly can do until there is code with source maps.
    const canWait = kept?.tasksChanged === false
    if (!canWait) await cloud.live.refresh()
    const tasks = canWait ? kept.tasks : cloud.live.describe()
    await announce({
      cloud: cloud.cloud,
      screen,
      namespace: options.namespace,
      json: options.json,
      folder: project.app.folder,
      taskNames: Object.keys(tasks.catalog),
      taskFiles: tasks.taskFiles,
    })
    if (options.watch) {
      stopFollowing = followSources({ project, screen, ...cloud, assemblyDir, tasks, isKept: kept !== undefined })
    }
  } catch (error) {
    // A stop signal ends a synthesis too, and then its handler ends this process.
    if (isStopping) return
    await cloud?.close()
    project.close(undefined)
    throw error
  }
}

/** Synthesizes the app. If people watch, an app that cannot be synthesized may be corrected while this waits. */
async function synthesizeFirst({ watch, json }: DevOptions, project: Project, screen: Screen): Promise<string> {
  if (!watch || json) return project.synthesize().done
  for (;;) {
    let tellChange: () => void = () => undefined
    const change = new Promise<void>((resolve) => (tellChange = resolve))
    const fileWatch = watchFiles(project.app.folder, { ignored: project.ignored, onChange: () => tellChange() })
    try {
      return await project.synthesize().done
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      screen.bad(error, 'Waiting for a change …')
      await change
    } finally {
      fileWatch.close()
    }
  }
}
