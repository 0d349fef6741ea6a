import { buildSync } from 'esbuild'
import { join } from 'node:path'

/**
 * Bundles the code that runs in the worker threads of functions. `root` is the folder of the
 * repository.
 *
 * @example
 * buildRuntime('.jobwire/lambda-runtime.cjs')
 */
export function buildRuntime(outFile: string, root = process.cwd()): void {
  if (!outFile.endsWith('.cjs')) {
    throw new Error(`The Lambda runtime is bundled as CommonJS: name its file .cjs, not ${outFile}.`)
  }
  buildSync({
    entryPoints: [join(root, 'local/services/lambda/runtime/runtime.ts')],
    outfile: outFile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'warning',
  })
}
