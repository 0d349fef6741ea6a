import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readLocalTokenSecret, signToken } from '../../../cli/token.ts'
import type { Cloud, CloudOptions } from '../../../local/cloud.ts'
import { startCloud } from '../../../local/cloud.ts'
import { buildRuntime } from '../../../local/services/lambda/runtime/build-runtime.ts'
import type { JobRecord, SubmitOutcome } from '../../../protocol/job/job.ts'
import { synthesize } from '../../../scripts/synthesize.ts'

/** One run of a job, by the clock of the machine, as its task told of it. `end` is absent while it runs, and if its worker has crashed. */
export interface ToldRun {
  readonly jobId: string
  readonly threadId: string
  readonly begin: number
  end?: number
  /** True if it ended because its worker crashed. */
  crashed?: true
}

/** A local cloud that runs `test/fixtures/attack-tasks`, on the real clock unless the options say otherwise. */
export interface AttackedCloud {
  readonly cloud: Cloud
  readonly runs: readonly ToldRun[]
  token(namespace: string): Promise<string>
  rest(namespace: string, method: string, path: string, body?: unknown): Promise<any>
  submit(namespace: string, job: object): Promise<SubmitOutcome>
  /** Resolves with the record once the job has ended. */
  ended(namespace: string, id: string): Promise<JobRecord>
  close(): Promise<void>
}

const LOOK_EVERY_MS = 100

export async function startAttackedCloud(
  options: Partial<CloudOptions> = {},
  listen: (message: string) => void = () => undefined,
): Promise<AttackedCloud> {
  const workDir = mkdtempSync(join(tmpdir(), 'jobwire-attack-'))
  const { assemblyDir } = await synthesize({
    root: process.cwd(),
    outDir: '.jobwire/assembly',
    tasksPath: 'test/fixtures/attack-tasks/index.ts',
  })
  const runtimePath = join(workDir, 'runtime.cjs')
  buildRuntime(runtimePath)
  const runs: ToldRun[] = []
  const underWay = new Map<string, ToldRun>()
  const note = (message: string): void => {
    const [, what, jobId = '', threadId = '', runId = '', time] =
      /"?(begin|end|crash) (\S+) (\d+) ([\w-]+) (\d+)/.exec(message) ?? []
    // The task's own time: its line may come later.
    const at = Number(time)
    if (what === 'begin') {
      const run = { jobId, threadId, begin: at }
      runs.push(run)
      underWay.set(runId, run)
    } else if (what === 'end') {
      const run = underWay.get(runId)
      if (run !== undefined) run.end = at
    } else if (what === 'crash') {
      // Whatever the thread runs ends with it.
      for (const run of underWay.values()) {
        if (run.threadId === threadId && run.end === undefined) Object.assign(run, { end: at, crashed: true })
      }
    }
  }
  const cloud = await startCloud({
    assemblyDir,
    runtimePath,
    log: ({ message }) => (note(message), listen(message)),
    ...options,
  })
  const secret = await readLocalTokenSecret(cloud.outputs.TokenSecretArn!, cloud.endpoint)
  const tokens = new Map<string, Promise<string>>()
  const tokenOf = (namespace: string): Promise<string> => {
    const token = tokens.get(namespace) ?? signToken(secret, { namespace, subject: 'test', expiresInSeconds: 86_400 })
    tokens.set(namespace, token)
    return token
  }
  const attacked: AttackedCloud = {
    cloud,
    runs,
    token: tokenOf,
    async rest(namespace, method, path, body) {
      const answer = await fetch(cloud.outputs.RestUrl!.replace(/\/$/, '') + path, {
        method,
        headers: { authorization: `Bearer ${await tokenOf(namespace)}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return answer.json()
    },
    submit: (namespace, job) => attacked.rest(namespace, 'POST', '/jobs', job) as Promise<SubmitOutcome>,
    async ended(namespace, id) {
      for (;;) {
        const { job } = (await attacked.rest(namespace, 'GET', `/jobs/${id}`)) as { job: JobRecord }
        if (job?.finishedAt !== undefined) return job
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
      }
    },
    async close() {
      await cloud.close()
      rmSync(workDir, { recursive: true, force: true })
    },
  }
  return attacked
}
