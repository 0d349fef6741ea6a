/**
 * The interface that Jobwire needs of a validator: Standard Schema (version 1), which Zod, Valibot, ArkType and others
 * implement. It is written down here so that the SDK needs no dependency for it.
 */
export interface StandardSchema<Value = unknown, Given = Value> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Value> | Promise<SchemaResult<Value>>
    /** The types before and after validation, which differ by defaults, for example. Never present at run time. */
    readonly types?: { readonly input: Given; readonly output: Value } | undefined
  }
}

export type SchemaResult<Value> =
  | { readonly value: Value; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}
