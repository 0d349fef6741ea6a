import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AwsApi } from '../wire/call.ts'

/** A resource of the template with every reference in its properties already resolved. */
export interface ResolvedResource {
  /** Its logical id, with the name of the stack before it if another stack has the same one: unique in the cloud. */
  readonly logicalId: string
  readonly type: string
  readonly properties: Readonly<Record<string, unknown>>
}

/** The values that a made resource gives for `Ref` and `Fn::GetAtt`. */
export interface CreatedResource {
  readonly ref: string
  readonly attributes: Readonly<Record<string, string>>
  /** Present if nothing runs behind it: calls on it fail. */
  readonly standIn?: StandInReason
}

export interface StandInReason {
  /** Returns the value of an attribute that `attributes` does not have. */
  readonly attribute?: (name: string) => unknown
  /** True if the local cloud does not know the type at all, so that the app may need it. */
  readonly unknown?: boolean
  /** Says why it does not run, if the type alone does not: `it runs on python3.13`. */
  readonly reason?: string
}

/** Makes one instance of a resource type. Throws an `AssemblyError` that names a property it does not implement. */
export type ResourceFactory = (resource: ResolvedResource) => CreatedResource | Promise<CreatedResource>

/** A resource that was made, with the properties that it was made from. */
export interface MadeResource {
  readonly resource: ResolvedResource
  readonly created: CreatedResource
}

/** The way in which the resources of one type change and go while the cloud runs. */
export interface ResourceChanges {
  /** Changes it in place. Absent, or if it returns undefined: it is removed and made anew. */
  readonly update?: (
    resource: ResolvedResource,
    old: MadeResource,
  ) => CreatedResource | undefined | Promise<CreatedResource | undefined>
  /** Absent: nothing is left of it once nobody refers to it. */
  readonly remove?: (old: MadeResource) => void | Promise<void>
  /** Returns the thing that is lost with it, for the warning: `its 3 messages`. Absent: nothing is. */
  readonly holds?: (old: MadeResource) => string | undefined
}

/**
 * One emulated service: the resources it makes, the AWS calls it answers, and the paths under `/_aws/<prefix>/` that it
 * serves to clients. The services are put together in `local/cloud-services.ts`.
 */
export interface LocalService {
  readonly name: string
  /** By CloudFormation type. A type that no service lists becomes a stand-in. */
  readonly resources: Readonly<Record<string, ResourceFactory>>
  /** By CloudFormation type. Resources of a type that is not here are made again, over the old ones. */
  readonly changes?: Readonly<Record<string, ResourceChanges>>
  /** The calls of AWS SDKs and command lines. */
  readonly api?: AwsApi
  /** Returns the value of a dynamic reference such as `ssm:/name`; undefined if it belongs to another service. */
  dynamicReference?(reference: string): string | undefined
  /** Called once every resource exists, also for a trial. Throws an `AssemblyError` if they do not fit each other. */
  check?(): void
  /** Called once every resource exists, and again after every update: starts polling or opens for traffic. */
  start?(): void | Promise<void>
  close?(): Promise<void>
}

/** Serves the requests of clients (not of AWS SDKs) to an API: `/_aws/execute-api/<apiId>/<stage>/…`. */
export interface ExecuteApi {
  /** Returns true if this service made the API with that id. */
  owns(apiId: string): boolean
  handle(request: IncomingMessage, response: ServerResponse, target: ExecuteApiTarget): void
  /** The caller listens for the socket's errors. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer, target: ExecuteApiTarget): void
}

export interface ExecuteApiTarget {
  readonly apiId: string
  readonly stage: string
  /** The path behind the stage, with a leading slash, still percent-encoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
}

/** Returns the path of an API of the local cloud, the same as LocalStack's. */
export function executeApiPath(apiId: string, stage: string): string {
  return `/_aws/execute-api/${apiId}/${stage}`
}
