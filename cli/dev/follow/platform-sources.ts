import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FunctionEntry } from '../../../lib/function-files.ts'
import { FUNCTION_METADATA, type FunctionSource, type TaskSource } from '../../../lib/function-source.ts'

/** A platform of an assembly, as far as its functions contain tasks or their catalog. */
export interface PlatformSource {
  readonly source: TaskSource
  readonly functions: readonly PlatformFunction[]
}

/** A function of a platform. */
export interface PlatformFunction {
  readonly entry: FunctionEntry
  readonly stackName: string
  readonly logicalId: string
}

interface Manifest {
  readonly artifacts?: Readonly<Record<string, Artifact>>
}

interface Artifact {
  readonly type: string
  readonly properties?: { readonly stackName?: string; readonly directoryName?: string }
  readonly metadata?: Metadata
  readonly additionalMetadataFile?: string
}

type Metadata = Readonly<Record<string, readonly { readonly type: string; readonly data?: unknown }[]>>

/**
 * Finds the functions of an assembly that are bundled from tasks, grouped by what they are bundled from.
 *
 * @example
 * readPlatformSources('cdk.out')[0]?.source.tasksModule // '/shop/tasks/index.ts'
 */
export function readPlatformSources(assemblyDir: string): PlatformSource[] {
  const platforms = new Map<string, { source: TaskSource; functions: PlatformFunction[] }>()
  for (const { place, data } of findFunctions(assemblyDir)) {
    const { entry, ...source } = data
    const key = JSON.stringify(source)
    const platform = platforms.get(key) ?? { source, functions: [] }
    platform.functions.push({ ...place, entry })
    platforms.set(key, platform)
  }
  return [...platforms.values()]
}

interface FoundFunction {
  readonly place: { readonly stackName: string; readonly logicalId: string }
  readonly data: FunctionSource
}

function findFunctions(directory: string): FoundFunction[] {
  const { artifacts = {} } = readJson<Manifest>(join(directory, 'manifest.json'))
  return Object.entries(artifacts).flatMap(([id, artifact]) => {
    const { type, properties, metadata, additionalMetadataFile } = artifact
    if (type === 'cdk:cloud-assembly') return findFunctions(join(directory, properties?.directoryName ?? id))
    if (type !== 'aws:cloudformation:stack') return []
    const file = additionalMetadataFile && join(directory, additionalMetadataFile)
    const more = file !== undefined && existsSync(file) ? readJson<Metadata>(file) : {}
    return functionsIn(properties?.stackName ?? id, { ...more, ...metadata })
  })
}

function functionsIn(stackName: string, metadata: Metadata): FoundFunction[] {
  return Object.values(metadata).flatMap((entries) => {
    const source = entries.find(({ type }) => type === FUNCTION_METADATA)
    const logicalId = entries.find(({ type }) => type === 'aws:cdk:logicalId')?.data
    if (source === undefined || typeof logicalId !== 'string') return []
    return [{ place: { stackName, logicalId }, data: source.data as FunctionSource }]
  })
}

function readJson<Value>(file: string): Value {
  return JSON.parse(readFileSync(file, 'utf8')) as Value
}
