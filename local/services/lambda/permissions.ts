import { AssemblyError } from '../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../assembly/properties.ts'
import type { ResolvedResource } from '../service.ts'
import { wildcardPattern } from '../wildcard.ts'

interface Permission {
  readonly principal: string
  readonly sourceArn?: string
  readonly sourceAccount?: string
}

/** The resource-based policies of functions: the services that may invoke them, and on behalf of which source. */
export class FunctionPermissions {
  readonly #byFunctionArn = new Map<string, Permission[]>()

  /** Adds an `AWS::Lambda::Permission`. `functionArn` is the ARN of its `FunctionName`. */
  add(functionArn: string, resource: ResolvedResource): void {
    requireKnownProperties(resource, {
      implemented: ['Action', 'FunctionName', 'Principal', 'SourceAccount', 'SourceArn'],
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
    const granted = this.#byFunctionArn.get(functionArn) ?? []
    granted.push({
      principal,
      ...(sourceArn !== undefined && { sourceArn }),
      ...(sourceAccount !== undefined && { sourceAccount }),
    })
    this.#byFunctionArn.set(functionArn, granted)
  }

  allows(functionArn: string, principal: string, sourceArn: string): boolean {
    const granted = this.#byFunctionArn.get(functionArn) ?? []
    return granted.some(
      (permission) =>
        permission.principal === principal &&
        (permission.sourceArn === undefined || wildcardPattern(permission.sourceArn).test(sourceArn)) &&
        (permission.sourceAccount === undefined || sourceArn.split(':')[4] === permission.sourceAccount),
    )
  }
}

function permissionText({ logicalId, type, properties }: ResolvedResource, property: string): string | undefined {
  const value = properties[property]
  if (value === undefined || typeof value === 'string') return value
  throw new AssemblyError(`${logicalId} (${type}): ${property} must be a string.`)
}
