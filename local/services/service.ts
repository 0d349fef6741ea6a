import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AwsApi } from '../wire/call.ts'

/** A resource of the template with every reference in its properties already resolved. */
export interface ResolvedResource {
  readonly logicalId: string
  readonly type: string
  readonly properties: Readonly<Record<string, unknown>>
}

/** The values that a made resource gives for `Ref` and `Fn::GetAtt`. */
export interface CreatedResource {
  readonly ref: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Makes one instance of a resource type. Throws an `AssemblyError` that names a property it does not implement. */
export type ResourceFactory = (resource: ResolvedResource) => CreatedResource | Promise<CreatedResource>

/**
 * One emulated service: the resources it makes, the AWS calls it answers, and the paths under `/_aws/<prefix>/` that it
 * serves to clients. The services are put together in `local/cloud.ts`.
 */
export interface LocalService {
  readonly name: string
  /** By CloudFormation type. A type that no service lists is an error at load. */
  readonly resources: Readonly<Record<string, ResourceFactory>>
  /** The calls of AWS SDKs and command lines. */
  readonly api?: AwsApi
  /** Called once every resource exists: starts polling or opens for traffic. */
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
