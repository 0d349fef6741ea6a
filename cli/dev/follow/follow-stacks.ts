import type { Cloud, UpdateSummary } from '../../../local/cloud.ts'
import { assemblyMark } from './assembly-mark.ts'
import { type Synthesis, SynthesisStopped } from '../project/synthesize-app.ts'

export interface FollowStacksOptions {
  readonly cloud: Pick<Cloud, 'update'>
  /** The assembly that the cloud runs now. */
  readonly assemblyDir: string
  readonly synthesize: () => Synthesis
  /** Called after the cloud has taken another assembly. */
  readonly onUpdate: (assemblyDir: string, summary: UpdateSummary, tookMs: number) => Promise<void>
  readonly onError: (error: unknown) => void
}

/** Keeps the stacks of a running cloud as the sources of the app are. */
export interface StackFollower {
  /** Synthesizes the app once more. A synthesis that is under way is out of date then, and is stopped. */
  resynthesize(): void
  /** Resolves once nothing is under way. */
  close(): Promise<void>
}

/** Makes a follower of the app's stacks. The cloud goes on as it is until there is a new assembly that it can take. */
export function createStackFollower(options: FollowStacksOptions): StackFollower {
  let mark = assemblyMark(options.assemblyDir)
  let isWanted = false
  let synthesis: Synthesis | undefined
  let work: Promise<void> | undefined

  async function followOnce(): Promise<void> {
    const start = performance.now()
    synthesis = options.synthesize()
    try {
      const assemblyDir = await synthesis.done
      const next = assemblyMark(assemblyDir)
      if (next === mark) return
      const summary = await options.cloud.update(assemblyDir)
      mark = next
      await options.onUpdate(assemblyDir, summary, performance.now() - start)
    } catch (error) {
      if (!(error instanceof SynthesisStopped)) options.onError(error)
    } finally {
      synthesis = undefined
    }
  }

  async function follow(): Promise<void> {
    while (isWanted) {
      isWanted = false
      await followOnce()
    }
    work = undefined
  }

  return {
    resynthesize() {
      isWanted = true
      synthesis?.stop()
      work ??= follow()
    },
    async close() {
      isWanted = false
      synthesis?.stop()
      await work
    },
  }
}
