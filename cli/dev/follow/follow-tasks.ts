import { relative } from 'node:path'
import type { LiveTasks } from './live-tasks.ts'
import { type Screen, tookText } from '../screen/screen.ts'

/** Has the cloud run the tasks as their sources are. */
export interface TaskFollower {
  /** Bundles the tasks again, because these files have changed. */
  refresh(files: readonly string[]): void
  /** True if the tasks could not be bundled the last time. */
  isBroken(): boolean
}

export interface FollowTasksOptions {
  readonly live: LiveTasks
  readonly screen: Screen
  /** Called when the tasks may be made of other files than before. */
  readonly onRefreshed: () => void
}

/** Makes a follower of the tasks. Changes that come while the tasks are bundled lead to one more run, not to one each. */
export function createTaskFollower({ live, screen, onRefreshed }: FollowTasksOptions): TaskFollower {
  let broken = false
  let isWanted = false
  let isRunning = false
  let names = new Set<string>()

  async function refreshOnce(): Promise<void> {
    const start = performance.now()
    const changed = [...names].join(', ')
    names = new Set()
    try {
      const hasNews = await live.refresh()
      if (changed !== '' && (hasNews || broken)) {
        screen.good(`${changed} is live after ${tookText(performance.now() - start)}.`)
      }
      broken = false
      onRefreshed()
    } catch (error) {
      broken = true
      screen.bad(error, 'The tasks run on as they were.')
    }
  }

  async function refreshWhileWanted(): Promise<void> {
    isRunning = true
    while (isWanted) {
      isWanted = false
      await refreshOnce()
    }
    isRunning = false
  }

  return {
    refresh(files) {
      isWanted = true
      for (const file of files) names.add(relative(process.cwd(), file))
      if (!isRunning) void refreshWhileWanted()
    },
    isBroken: () => broken,
  }
}
