import type { BuildOptions } from 'esbuild'

export declare function entryBundle(root: string): BuildOptions
