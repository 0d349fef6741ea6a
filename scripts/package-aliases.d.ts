export declare const PACKAGE_SOURCES: Readonly<Record<string, string>>
export declare function esbuildAliases(root: string, tasksModule?: string): Record<string, string>
export declare function jestModuleNames(): Record<string, string>
