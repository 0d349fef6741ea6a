import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'esbuild'
import type { CdkApp } from './cdk-app.ts'

/**
 * Finds the source files that the CDK app itself is made of, by the scripts that its command names, like `bin/shop.ts`.
 * Empty if that cannot be told. A file of the tasks that is one of them decides on the stacks, too.
 */
export async function findAppFiles({ folder, command }: CdkApp): Promise<ReadonlySet<string>> {
  const scripts = command.split(/\s+/).filter((word) => /\.[cm]?[jt]s$/.test(word) && existsSync(resolve(folder, word)))
  if (scripts.length === 0) return new Set()
  try {
    const { metafile } = await build({
      absWorkingDir: folder,
      entryPoints: scripts,
      outdir: 'unwritten',
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      packages: 'external',
      logLevel: 'silent',
    })
    return new Set(Object.keys(metafile.inputs).map((file) => resolve(folder, file)))
  } catch {
    // The synthesis says what is wrong with it.
    return new Set()
  }
}
