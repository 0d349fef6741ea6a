/**
 * What Jobwire asks of a validator: the Standard Schema interface (version 1), which Zod, Valibot, ArkType and
 * others implement. Written down here so that the SDK needs no dependency for it.
 */
export interface StandardSchema<Value = unknown, Given = Value> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Value> | Promise<SchemaResult<Value>>
    /** What it takes and what it makes of that, where the two differ, as by a default. Never there at run time. */
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
