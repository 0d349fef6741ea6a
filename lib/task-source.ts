import { Token } from 'aws-cdk-lib/core'
import { runTimeMs } from '../protocol/job/run-time.ts'
import type { TaskSource } from './function-source.ts'
import type { Settings } from './settings.ts'
import { findTasksModule } from './tasks-module.ts'

type TaskSettings = Pick<Settings, 'tasksPath' | 'externalModules' | 'environment' | 'lanes'>

/** Collects what is needed to read the tasks, from the settings of a deployment. */
export function taskSource(sourceRoot: string, settings: TaskSettings): TaskSource {
  const { tasksPath, externalModules, environment, lanes } = settings
  return {
    sourceRoot,
    tasksPath,
    tasksModule: findTasksModule(tasksPath),
    externalModules,
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, Token.isUnresolved(value) ? UNKNOWN_YET : value]),
    ),
    runTimesMs: Object.fromEntries(Object.entries(lanes).map(([name, { timeout }]) => [name, runTimeMs(timeout)])),
  }
}

/** Stands for a value that only CloudFormation knows, like the name of a table. */
const UNKNOWN_YET = 'known-at-deployment'
