import { esbuildAliases } from './package-aliases.js'

/** Returns esbuild's options for an entry of this repository that runs in Node: packages stay outside. */
export function entryBundle(root) {
  return {
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
    alias: esbuildAliases(root),
  }
}
