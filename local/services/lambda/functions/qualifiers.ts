import type { CreatedResource, ResolvedResource } from '../../service.ts'
import type { FunctionPool } from './function-pool.ts'

type FindFunction = (nameOrArn: string) => FunctionPool

/** The versions and aliases of functions. All of them run the present code. */
export class Qualifiers {
  readonly #known = new Set<string>()

  createVersion(find: FindFunction, { properties }: ResolvedResource): CreatedResource {
    const arn = this.#add(find, String(properties['FunctionName']), '1')
    return { ref: arn, attributes: { Version: '1', FunctionArn: arn } }
  }

  createAlias(find: FindFunction, { properties }: ResolvedResource): CreatedResource {
    const arn = this.#add(find, String(properties['FunctionName']), String(properties['Name']))
    return { ref: arn, attributes: { AliasArn: arn } }
  }

  /** Returns the name of the function of `<name>:<qualifier>`, if the function has that qualifier. */
  unqualified(name: string): string {
    const plain = name.replace(/:\$LATEST$/, '')
    return this.#known.has(plain) ? plain.slice(0, plain.indexOf(':')) : plain
  }

  #add(find: FindFunction, functionName: string, qualifier: string): string {
    const { functionArn, configuration } = find(functionName)
    this.#known.add(`${configuration.name}:${qualifier}`)
    return `${functionArn}:${qualifier}`
  }
}
