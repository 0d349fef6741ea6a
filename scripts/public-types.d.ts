export declare function emitDeclarations(root: string, project: string, outDir: string): string[]
export declare function findPublicTypes(
  emitted: string,
  entries: readonly string[],
  packages: readonly string[],
): Map<string, string>
export declare function writeTypes(emitted: string, types: ReadonlyMap<string, string>, outDir: string): void
