import { AssemblyError } from '../../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../../assembly/properties.ts'
import type { CreatedResource, ResolvedResource } from '../../service.ts'
import { wildcardPattern } from '../../wildcard.ts'

interface Permission {
  readonly functionArn: string
  readonly principal: string
  readonly source?: RegExp
  readonly sourceAccount?: string
}

/** The resource-based policies of functions: the services that may invoke them, and on behalf of which source. */
export class FunctionPermissions {
  readonly #byLogicalId = new Map<string, Permission>()

  /** Adds an `AWS::Lambda::Permission`. `functionArn` is the ARN of its `FunctionName`. */
  add(functionArn: string, resource: ResolvedResource): CreatedResource {
    const { logicalId, properties } = resource
    const created = { ref: logicalId, attributes: { Id: logicalId } }
    // Addresses of functions do not exist here, so nobody calls one.
    if (properties['Action'] === 'lambda:InvokeFunctionUrl' || properties['InvokedViaFunctionUrl'] === true) {
      return created
    }
    requireKnownProperties(resource, {
      implemented: ['Action', 'FunctionName', 'Principal', 'SourceAccount', 'SourceArn'],
      harmless: ['InvokedViaFunctionUrl'],
    })
    const principal = permissionText(resource, 'Principal')
    const sourceArn = permissionText(resource, 'SourceArn')
    const sourceAccount = permissionText(resource, 'SourceAccount')
    if (permissionText(resource, 'Action') !== 'lambda:InvokeFunction' || principal === undefined) {
      throw new AssemblyError(
        `${resource.logicalId} (${resource.type}): needs a Principal and the Action lambda:InvokeFunction, ` +
          'the only one that the local cloud knows.',
      )
    }
    this.#byLogicalId.set(logicalId, {
      functionArn,
      principal,
      ...(sourceArn !== undefined && { source: wildcardPattern(sourceArn) }),
      ...(sourceAccount !== undefined && { sourceAccount }),
    })
    return created
  }

  remove(logicalId: string): void {
    this.#byLogicalId.delete(logicalId)
  }

  allows(functionArn: string, principal: string, sourceArn: string): boolean {
    return [...this.#byLogicalId.values()].some(
      (permission) =>
        permission.functionArn === functionArn &&
        permission.principal === principal &&
        permission.source?.test(sourceArn) !== false &&
        (permission.sourceAccount === undefined || sourceArn.split(':')[4] === permission.sourceAccount),
    )
  }
}

function permissionText({ logicalId, type, properties }: ResolvedResource, property: string): string | undefined {
  const value = properties[property]
  if (value === undefined || typeof value === 'string') return value
  throw new AssemblyError(`${logicalId} (${type}): ${property} must be a string.`)
}
