import { join, resolve } from 'node:path'
import type { CdkApp } from './cdk-app.ts'
import { type KeptAssembly, keepAssembly, takeAssembly } from './kept-assembly.ts'
import type { TaskDescription } from './task-description.ts'
import { type ProjectMarks, takeMarks } from './project-marks.ts'
import { type Synthesis, synthesizeApp } from './synthesize-app.ts'
import { openWorkFolder, type WorkFolder } from './work-folder.ts'

/** The user's app on disk, and the place of `jobwire dev` in it. */
export interface Project {
  readonly app: CdkApp
  readonly work: WorkFolder
  /** Each synthesis writes here. */
  readonly assemblyDir: string
  /** Folders that are not part of the app's sources. */
  readonly ignored: readonly string[]
  /** Takes the assembly of an earlier process, if nothing but tasks has changed. */
  takeAssembly(): KeptAssembly | undefined
  /** Begins a synthesis. There must be no other one under way. */
  synthesize(): Synthesis
  stopSynthesis(): void
  /** Removes the files of this process, and keeps its assembly for the next start. */
  close(tasks: TaskDescription | undefined): void
}

/** On a laptop, webhooks go to programs on the same machine, and every job that ends has its line. */
const LOCAL_SETTINGS = { JOBWIRE_WEBHOOK_TARGETS: 'any', JOBWIRE_JOB_LOG: 'all' }

export function openProject(app: CdkApp, { dataDir }: { readonly dataDir?: string }): Project {
  const work = openWorkFolder(app.folder)
  const assemblyDir = join(work.own, 'assembly')
  const ignored = [app.output, ...(dataDir === undefined ? [] : [resolve(dataDir)])]
  const variables = Object.fromEntries(
    Object.entries(LOCAL_SETTINGS).filter(([name]) => (process.env[name] ?? '') === ''),
  )
  /** The marks of the sources of the assembly; undefined while there is no whole assembly. */
  let marks: ProjectMarks | undefined
  let current: Synthesis | undefined
  return {
    app,
    work,
    assemblyDir,
    ignored,
    takeAssembly() {
      const kept = takeAssembly(work.keptDir, assemblyDir, takeMarks(app.folder, ignored))
      marks = kept?.marks
      return kept
    },
    synthesize() {
      const before = takeMarks(app.folder, ignored)
      marks = undefined
      const synthesis = synthesizeApp(app, { outDir: assemblyDir, compileCache: work.compileCache, variables })
      current = synthesis
      const done = synthesis.done.then((folder) => {
        if (folder === assemblyDir) marks = before
        return folder
      })
      return { ...synthesis, done }
    },
    stopSynthesis: () => current?.stop(),
    close(tasks) {
      if (tasks !== undefined && marks !== undefined) keepAssembly(assemblyDir, work.keptDir, { marks, tasks })
      work.remove()
    },
  }
}
