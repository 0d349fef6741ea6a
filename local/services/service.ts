import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AwsApi } from '../wire/call.ts'

/** A resource of the template with every reference in its properties already resolved. */
export interface ResolvedResource {
  readonly logicalId: string
  readonly type: string
  readonly properties: Readonly<Record<string, unknown>>
}

/** What a made resource answers to `Ref` and `Fn::GetAtt`. */
export interface CreatedResource {
  readonly ref: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Makes one instance of a resource type. Throws an `AssemblyError` that names a property it does not implement. */
export type ResourceFactory = (resource: ResolvedResource) => CreatedResource | Promise<CreatedResource>

/**
 * One emulated service: the resources it makes, the AWS calls it answers, and the paths under
 * `/_aws/<prefix>/` that it serves to clients. Composed by hand in `local/cloud.ts`.
 */
export interface LocalService {
  readonly name: string
  /** By CloudFormation type. A type that no service lists is an error at load. */
  readonly resources: Readonly<Record<string, ResourceFactory>>
  /** The calls of AWS SDKs and command lines. */
  readonly api?: AwsApi
  /** Called once every resource exists: start polling, open for traffic. */
  start?(): void | Promise<void>
  close?(): Promise<void>
}

/** Serves what clients (not AWS SDKs) send to an API: `/_aws/execute-api/<apiId>/<stage>/…`. */
export interface ExecuteApi {
  /** True where this service made the API of that id. */
  owns(apiId: string): boolean
  handle(request: IncomingMessage, response: ServerResponse, target: ExecuteApiTarget): void
  /** Whoever calls it listens for the socket's errors. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer, target: ExecuteApiTarget): void
}

export interface ExecuteApiTarget {
  readonly apiId: string
  readonly stage: string
  /** What follows the stage, with a leading slash, still percent-encoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
}

/** The path under which an API of the local cloud is reached, the same as LocalStack's. */
export function executeApiPath(apiId: string, stage: string): string {
  return `/_aws/execute-api/${apiId}/${stage}`
}
