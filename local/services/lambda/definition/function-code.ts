import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { ResolvedResource } from '../../service.ts'

/** The code of a function: the key of an asset, or the source of one module. */
export type FunctionCode = { readonly s3Key: string } | { readonly source: string }

export interface CodeFiles {
  /** Returns the folder of an asset of the assembly. */
  readonly assetPath: (s3Key: string) => string
  /** Returns false for keys that the assembly does not have. Absent: it has all. */
  readonly hasAsset?: (s3Key: string) => boolean
  /** The file that `buildRuntime` wrote. Source that stands in a template is written beside it. */
  readonly runtimePath: string
}

/** Returns why a function cannot run on this machine; undefined if it can. */
export function standInReason({ properties }: ResolvedResource, files: CodeFiles): string | undefined {
  if (properties['PackageType'] === 'Image') return 'it is a container image, and the local cloud runs none'
  const runtime = properties['Runtime']
  if (typeof runtime === 'string' && !/^nodejs\d+\.x$/.test(runtime)) {
    return `it runs on ${runtime}, and the local cloud runs Node.js only`
  }
  const key = (properties['Code'] as { S3Key?: unknown } | undefined)?.S3Key
  if (typeof key !== 'string') return undefined
  if (files.hasAsset?.(key) === false) return `its code is not in the assembly, but in a bucket (${key})`
  const path = files.assetPath(key)
  return existsSync(path) && !statSync(path).isDirectory() ? 'its code is an archive, not a folder' : undefined
}

/** Returns the folder of a function's code. */
export function codeFolder(code: FunctionCode, files: CodeFiles): string {
  if ('s3Key' in code) return files.assetPath(code.s3Key)
  const digest = createHash('sha256').update(code.source).digest('hex').slice(0, 32)
  const folder = join(dirname(resolve(files.runtimePath)), 'inline-code', digest)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'index.js'), code.source)
  return folder
}
