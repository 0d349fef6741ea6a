import { join, resolve } from 'node:path'
import type { CdkApp } from './cdk-app.ts'
import { projectFingerprint } from './fingerprint.ts'
import { type AssemblyNotes, keepAssembly, takeAssembly } from './kept-assembly.ts'
import type { LiveTasks } from './live-tasks.ts'
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
  /** Takes the assembly of an earlier process, if the sources are the same. */
  takeAssembly(): AssemblyNotes | undefined
  /** Begins a synthesis. There must be no other one under way. */
  synthesize(): Synthesis
  stopSynthesis(): void
  /** Removes the files of this process, and keeps its assembly for the next start. */
  close(live: LiveTasks | undefined): void
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
  /** The fingerprint of the sources of the assembly; undefined while there is no whole assembly. */
  let fingerprint: string | undefined
  let current: Synthesis | undefined
  return {
    app,
    work,
    assemblyDir,
    ignored,
    takeAssembly() {
      const now = projectFingerprint(app.folder, ignored)
      const notes = takeAssembly(work.keptDir, assemblyDir, now)
      if (notes !== undefined) fingerprint = now
      return notes
    },
    synthesize() {
      const before = projectFingerprint(app.folder, ignored)
      fingerprint = undefined
      const synthesis = synthesizeApp(app, { outDir: assemblyDir, compileCache: work.compileCache, variables })
      current = synthesis
      const done = synthesis.done.then((folder) => {
        if (folder === assemblyDir) fingerprint = before
        return folder
      })
      return { ...synthesis, done }
    },
    stopSynthesis: () => current?.stop(),
    close(live) {
      if (live !== undefined && fingerprint !== undefined) {
        keepAssembly(assemblyDir, work.keptDir, { fingerprint, ...live.describe() })
      }
      work.remove()
    },
  }
}
