import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { AssemblyError } from './assembly-error.ts'
import { readTemplate, type Template } from './template.ts'

/** One stack of a synthesized CDK app, with the code that it deploys. */
export interface StackAssembly {
  readonly stackName: string
  readonly template: Template
  /** Returns the path of an asset by the S3 key that the template names: a directory or a file. */
  readonly assetPath: (s3Key: string) => string
}

interface Artifact {
  readonly type: string
  readonly properties?: { readonly templateFile?: string; readonly file?: string; readonly stackName?: string }
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

/**
 * Reads a cloud assembly (`cdk.out`) as `cdk synth` writes it.
 *
 * @example
 * const { template, assetPath } = loadCloudAssembly('cdk.out')
 */
export function loadCloudAssembly(assemblyDir: string, stackName?: string): StackAssembly {
  const directory = resolve(assemblyDir)
  if (!existsSync(join(directory, 'manifest.json'))) {
    throw new AssemblyError(`${assemblyDir} is not a cloud assembly: it has no manifest.json. Run \`cdk synth\` first.`)
  }
  const { artifacts = {} } = readJson<{ artifacts?: Record<string, Artifact> }>(directory, 'manifest.json')
  const [name, stack] = chooseStack(artifacts, stackName)
  if (stack.properties?.templateFile === undefined) {
    throw new AssemblyError(`The stack ${name} has no template in manifest.json. Run \`cdk synth\` again.`)
  }
  const assets = assetFiles(directory, artifacts, stack)
  return {
    stackName: stack.properties.stackName ?? name,
    template: readTemplate(readJson(directory, stack.properties.templateFile)),
    assetPath(s3Key) {
      const path = assets.get(s3Key)
      if (path === undefined || !existsSync(path)) {
        throw new AssemblyError(`The asset ${s3Key} is not in ${assemblyDir}. Run \`cdk synth\` again.`)
      }
      return path
    },
  }
}

function chooseStack(artifacts: Record<string, Artifact>, stackName: string | undefined): [string, Artifact] {
  const stacks = Object.entries(artifacts).filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack')
  const chosen =
    stackName === undefined
      ? stacks
      : stacks.filter(([name, { properties }]) => name === stackName || properties?.stackName === stackName)
  const [only, another] = chosen
  if (only !== undefined && another === undefined) return only
  const names = stacks.map(([name]) => name).join(', ') || 'none'
  throw new AssemblyError(
    stackName === undefined
      ? `The assembly must have one stack, or the one to run must be named. It has: ${names}.`
      : `The assembly has no stack named ${stackName}. It has: ${names}.`,
  )
}

function assetFiles(directory: string, artifacts: Record<string, Artifact>, stack: Artifact): Map<string, string> {
  const paths = new Map<string, string>()
  for (const dependency of stack.dependencies ?? []) {
    const artifact = artifacts[dependency]
    if (artifact?.type !== 'cdk:asset-manifest' || artifact.properties?.file === undefined) continue
    const { files = {} } = readJson<AssetManifest>(directory, artifact.properties.file)
    for (const { source, destinations } of Object.values(files)) {
      if (source.path === undefined) continue
      for (const { objectKey } of Object.values(destinations)) paths.set(objectKey, join(directory, source.path))
    }
  }
  return paths
}

function readJson<T>(directory: string, file: string): T {
  const path = join(directory, file)
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch (error) {
    throw new AssemblyError(`Cannot read ${path}: ${(error as Error).message}. Run \`cdk synth\` again.`)
  }
}
