import { synthesize } from '../../../scripts/synthesize.ts'

/** Short, so that a crashed run comes again soon on the clock; see `LONGEST_WAIT_MS`. */
const SETTINGS = {
  JOBWIRE_LANES: '{"default":{"timeout":"5s"}}',
  JOBWIRE_TIMEOUT: '5s',
}

/** Synthesizes the stack with the tasks of the model and with short timeouts. */
export async function modelAssembly(): Promise<string> {
  Object.assign(process.env, SETTINGS)
  const { assemblyDir } = await synthesize({
    root: process.cwd(),
    outDir: '.jobwire/assembly',
    tasksPath: 'test/model/support/tasks.ts',
  })
  return assemblyDir
}
