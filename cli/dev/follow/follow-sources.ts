import type { Cloud, StandIn, UpdateSummary } from '../../../local/cloud.ts'
import { findAppFiles } from '../project/app-files.ts'
import { createStackFollower } from './follow-stacks.ts'
import { createTaskFollower } from './follow-tasks.ts'
import type { TaskDescription } from '../project/task-description.ts'
import type { LiveTasks } from './live-tasks.ts'
import type { Project } from '../project/project.ts'
import { type Screen, tookText } from '../screen/screen.ts'
import { type FileWatch, watchFiles } from './watch-files.ts'
import { renderStandIns } from '../screen/stand-ins.ts'

export interface FollowParts {
  readonly project: Project
  readonly screen: Screen
  readonly cloud: Cloud
  readonly live: LiveTasks
  readonly assemblyDir: string
  /** The tasks as they are known by now. */
  readonly tasks: TaskDescription
  /** True if the assembly is that of an earlier process. */
  readonly isKept: boolean
}

/**
 * Has the cloud follow the sources: the tasks at once, and everything else by a synthesis in the background. Returns the
 * function that ends this.
 */
export function followSources({
  project,
  screen,
  cloud,
  live,
  assemblyDir,
  ...known
}: FollowParts): () => Promise<void> {
  let appFiles: ReadonlySet<string> = new Set()
  void findAppFiles(project.app).then((files) => (appFiles = files))
  const tellNewStandIns = standInTeller(cloud, screen)
  let taskFiles = new Set(known.tasks.taskFiles)
  const tasks = createTaskFollower({
    live,
    screen,
    onRefreshed() {
      taskFiles = new Set(live.describe().taskFiles)
      fileWatch.add([...taskFiles])
    },
  })
  const stacks = createStackFollower({
    cloud,
    assemblyDir,
    synthesize: () => project.synthesize(),
    async onUpdate(newAssembly, summary, tookMs) {
      await live.follow(newAssembly)
      screen.good(`The stacks are live after ${tookText(tookMs)}${changesText(summary)}.`)
      tellNewStandIns()
      appFiles = await findAppFiles(project.app)
      // The assembly has the tasks as they were when its synthesis began.
      tasks.refresh([])
    },
    onError: (error) => screen.bad(error, 'The stacks run on as they were.'),
  })
  const fileWatch: FileWatch = watchFiles(project.app.folder, {
    ignored: project.ignored,
    onChange(files) {
      const changedTasks = files.filter((file) => taskFiles.has(file))
      if (changedTasks.length > 0 || tasks.isBroken()) tasks.refresh(changedTasks.length > 0 ? changedTasks : files)
      if (files.some((file) => !taskFiles.has(file) || appFiles.has(file))) stacks.resynthesize()
    },
  })
  fileWatch.add([...taskFiles])
  if (known.isKept) {
    tasks.refresh([])
    // The marks of files do not tell of everything that an app may read.
    stacks.resynthesize()
  }
  return async () => {
    fileWatch.close()
    await stacks.close()
  }
}

/** Lists the stand-ins that an update has added. Those of the start are listed already. */
function standInTeller(cloud: Cloud, screen: Screen): () => void {
  const nameOf = ({ stackName, logicalId }: StandIn): string => `${stackName}/${logicalId}`
  const told = new Set(cloud.standIns.map(nameOf))
  return () => {
    const fresh = cloud.standIns.filter((standIn) => !told.has(nameOf(standIn)))
    for (const standIn of fresh) told.add(nameOf(standIn))
    const text = renderStandIns(fresh, screen.colour)
    if (text !== '') screen.print(text)
  }
}

function changesText({ created, updated, replaced, removed }: UpdateSummary): string {
  const counts = [
    [created, 'new'],
    [updated, 'changed'],
    [replaced, 'made anew'],
    [removed, 'removed'],
  ] as const
  const texts = counts.flatMap(([names, what]) => (names.length === 0 ? [] : [`${names.length} ${what}`]))
  return texts.length === 0 ? '' : `: ${texts.join(', ')}`
}
