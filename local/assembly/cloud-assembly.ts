import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { AssemblyError } from './assembly-error.ts'
import { readJson } from './read-json.ts'
import { readTemplate, type Template } from './template.ts'

/** A synthesized CDK app: its stacks, each after those that it depends on, with the code that they deploy. */
export interface CloudAssembly {
  readonly stacks: readonly StackAssembly[]
}

/** One stack of a synthesized CDK app. */
export interface StackAssembly {
  readonly stackName: string
  readonly template: Template
  /** Returns the path of an asset by the S3 key that the template names: a directory or a file. */
  readonly assetPath: (s3Key: string) => string
  /** Returns false for keys of files that the assembly does not have, such as those of a bucket of the user. */
  readonly hasAsset: (s3Key: string) => boolean
}

interface Artifact {
  readonly type: string
  readonly displayName?: string
  readonly properties?: {
    readonly templateFile?: string
    readonly file?: string
    readonly stackName?: string
    readonly directoryName?: string
  }
  readonly dependencies?: readonly string[]
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string }
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>
      }
    >
  >
}

/** The artifacts of one folder with a manifest: the app itself, or one of its stages. */
interface Folder {
  readonly directory: string
  readonly artifacts: Readonly<Record<string, Artifact>>
}

/** A stack's artifact, and the names by which it can be chosen. */
interface StackArtifact {
  readonly id: string
  readonly names: readonly string[]
  readonly folder: Folder
  readonly artifact: Artifact
}

/**
 * Reads a cloud assembly (`cdk.out`) as `cdk synth` writes it, with the stacks of its stages. If a stack is named, only
 * that stack and those that it depends on are read.
 *
 * @example
 * const { stacks } = loadCloudAssembly('cdk.out')
 */
export function loadCloudAssembly(assemblyDir: string, stackName?: string): CloudAssembly {
  const directory = resolve(assemblyDir)
  if (!existsSync(join(directory, 'manifest.json'))) {
    throw new AssemblyError(`${assemblyDir} is not a cloud assembly: it has no manifest.json. Run \`cdk synth\` first.`)
  }
  const all = findStacks(directory)
  const stacks = chosenStacks(all, stackName).map((stack) => readStack(stack, assemblyDir))
  const twice = stacks.find(({ stackName: name }, index) => stacks.findIndex((one) => one.stackName === name) < index)
  if (twice !== undefined) {
    throw new AssemblyError(
      `The assembly has two stacks named ${twice.stackName}, as an app has that deploys one to several accounts or ` +
        `regions. The local cloud is one account in one region: name the stack to run.`,
    )
  }
  return { stacks }
}

/** Lists the stacks of a folder and of its stages, each after those that it depends on. */
function findStacks(directory: string): StackArtifact[] {
  const { artifacts = {} } = readJson<{ artifacts?: Record<string, Artifact> }>(join(directory, 'manifest.json'))
  const folder: Folder = { directory, artifacts }
  const found: StackArtifact[] = []
  const visited = new Set<string>()
  const visit = (id: string): void => {
    const artifact = artifacts[id]
    if (artifact === undefined || visited.has(id)) return
    visited.add(id)
    for (const dependency of artifact.dependencies ?? []) visit(dependency)
    if (artifact.type === 'cdk:cloud-assembly' && artifact.properties?.directoryName !== undefined) {
      found.push(...findStacks(join(directory, artifact.properties.directoryName)))
    }
    if (artifact.type !== 'aws:cloudformation:stack') return
    const names = [artifact.properties?.stackName, artifact.displayName].filter((name) => name !== undefined)
    found.push({ id, names: [id, ...names], folder, artifact })
  }
  for (const id of Object.keys(artifacts)) visit(id)
  return found
}

function chosenStacks(all: readonly StackArtifact[], stackName: string | undefined): readonly StackArtifact[] {
  if (all.length === 0) throw new AssemblyError('The assembly has no stack.')
  if (stackName === undefined) return all
  const chosen = new Set(all.filter(({ names }) => names.includes(stackName)))
  if (chosen.size === 0) {
    const names = all.map(({ id }) => id).join(', ')
    throw new AssemblyError(`The assembly has no stack named ${stackName}. It has: ${names}.`)
  }
  // A stack comes after its dependencies, so one walk from the end finds also the dependencies of dependencies.
  for (const stack of all.toReversed()) {
    const isNeeded = [...chosen].some(
      ({ folder, artifact }) => folder === stack.folder && artifact.dependencies?.includes(stack.id),
    )
    if (isNeeded) chosen.add(stack)
  }
  return all.filter((stack) => chosen.has(stack))
}

function readStack({ id, folder, artifact }: StackArtifact, assemblyDir: string): StackAssembly {
  const { templateFile, stackName } = artifact.properties ?? {}
  if (templateFile === undefined) {
    throw new AssemblyError(`The stack ${id} has no template in manifest.json. Run \`cdk synth\` again.`)
  }
  const assets = assetFiles(folder, artifact)
  return {
    stackName: stackName ?? id,
    template: readTemplate(readJson(join(folder.directory, templateFile))),
    hasAsset: (s3Key) => assets.has(s3Key),
    assetPath(s3Key) {
      const path = assets.get(s3Key)
      if (path === undefined || !existsSync(path)) {
        throw new AssemblyError(`The asset ${s3Key} is not in ${assemblyDir}. Run \`cdk synth\` again.`)
      }
      return path
    },
  }
}

function assetFiles({ directory, artifacts }: Folder, stack: Artifact): Map<string, string> {
  const paths = new Map<string, string>()
  for (const dependency of stack.dependencies ?? []) {
    const artifact = artifacts[dependency]
    if (artifact?.type !== 'cdk:asset-manifest' || artifact.properties?.file === undefined) continue
    const { files = {} } = readJson<AssetManifest>(join(directory, artifact.properties.file))
    for (const { source, destinations } of Object.values(files)) {
      if (source.path === undefined) continue
      for (const { objectKey } of Object.values(destinations)) paths.set(objectKey, resolve(directory, source.path))
    }
  }
  return paths
}
