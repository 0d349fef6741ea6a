import { createHash } from 'node:crypto'

/** AWS's shortest limit for a name is 63, for buckets. */
const MAX_NAME_LENGTH = 60

/**
 * Names the resources of all stacks. A resource that the template does not name is named by its logical id, so that its
 * name is the same after a restart. CDK's logical ids are unique in one stack only: of several stacks that have the
 * same one, the first keeps it and the others put the name of the stack before it.
 */
export class ResourceNames {
  readonly #names = new Map<string, string>()
  readonly #taken = new Set<string>()

  /** Returns the same name whenever it is asked again. */
  nameOf(stackName: string, logicalId: string): string {
    const key = `${stackName}/${logicalId}`
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const name = this.#taken.has(logicalId) ? longName(stackName, logicalId) : logicalId
    this.#names.set(key, name)
    this.#taken.add(name)
    return name
  }
}

function longName(stackName: string, logicalId: string): string {
  const name = `${stackName}-${logicalId}`
  if (name.length <= MAX_NAME_LENGTH) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${logicalId.slice(0, MAX_NAME_LENGTH - digest.length - 1)}-${digest}`
}
