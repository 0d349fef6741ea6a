import type { BundleSources } from './bundle-options.ts'
import type { FunctionEntry } from './function-files.ts'

/** All that is needed to read the tasks as data. It is plain JSON. */
export interface TaskSource extends BundleSources {
  /** The setting `tasksPath`, for messages. */
  readonly tasksPath: string
  /** The environment variables of the workers, as far as their values are known before the deployment. */
  readonly environment: Readonly<Record<string, string>>
  /** The longest that a run may take, by lane. */
  readonly runTimesMs: Readonly<Record<string, number>>
}

/** All that is needed to bundle one function again. */
export interface FunctionSource extends TaskSource {
  readonly entry: FunctionEntry
}

/**
 * The type of the metadata that tells `jobwire dev` how to bundle a function again. Its data is a `FunctionSource`. It
 * stands at the path of the function's resource, beside `aws:cdk:logicalId`, in the assembly's manifest or in the file
 * that the manifest names as `additionalMetadataFile`.
 */
export const FUNCTION_METADATA = 'jobwire:function'
