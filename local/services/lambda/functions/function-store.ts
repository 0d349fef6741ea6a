import { AssemblyError } from '../../../assembly/assembly-error.ts'
import type { CloudContext } from '../../../context.ts'
import { AwsError } from '../../../wire/call.ts'
import type { Credentials } from '../../iam/service.ts'
import type { LogWriter } from '../../logs/log-store.ts'
import type { CreatedResource, MadeResource, ResolvedResource } from '../../service.ts'
import { ACCOUNT_CONCURRENCY, AccountConcurrency } from './concurrency.ts'
import { codeFolder, standInReason, type CodeFiles } from '../definition/function-code.ts'
import { parseFunction } from '../definition/function-configuration.ts'
import { FunctionPool, type FunctionDefinition } from './function-pool.ts'
import { Layers } from '../definition/layers.ts'
import { Qualifiers } from './qualifiers.ts'

export interface FunctionStoreDeps extends CodeFiles {
  /** Makes the keys whose signature tells the local cloud that a call comes from this function. */
  readonly credentials: (roleArn: string, functionName: string) => Credentials
  /** Takes the output of functions for their log groups. Absent: it goes to the terminal only. */
  readonly logGroups?: LogWriter
  /** The number of threads that one function may have on this machine. Further callers wait in line. 4 by default. */
  readonly maxEnvironmentsPerFunction?: number
  /** The time for which an idle environment is kept warm. Two minutes by default. */
  readonly idleEnvironmentMs?: number
  /** 1,000 by default, as AWS gives an account. */
  readonly accountConcurrency?: number
}

const DEFAULT_MAX_ENVIRONMENTS = 4
const DEFAULT_IDLE_MS = 2 * 60_000
const SPARE_IDLE_MS = 10_000

/** The functions of the templates, with their code, layers, versions and aliases. */
export class FunctionStore {
  readonly concurrency: AccountConcurrency
  readonly layers: Layers
  readonly qualifiers = new Qualifiers()
  readonly #context: CloudContext
  readonly #deps: FunctionStoreDeps
  readonly #pools = new Map<string, FunctionPool>()
  /** The functions whose code `updateCode` has replaced. */
  readonly #updatedCode = new Set<string>()

  constructor(context: CloudContext, deps: FunctionStoreDeps) {
    this.#context = context
    this.#deps = deps
    this.concurrency = new AccountConcurrency(deps.accountConcurrency ?? ACCOUNT_CONCURRENCY)
    this.layers = new Layers(context, deps)
  }

  all(): Iterable<FunctionPool> {
    return this.#pools.values()
  }

  /** Finds a function by name, ARN or partial ARN (`<account>:function:<name>`), also with a qualifier. */
  find(nameOrArn: string): FunctionPool {
    const name = this.qualifiers.unqualified(nameOrArn.replace(/^.*:function:/, ''))
    const pool = this.#pools.get(name)
    if (pool !== undefined) return pool
    throw new AwsError('ResourceNotFoundException', `Function not found: ${this.#arn(name)}`, 404)
  }

  create(resource: ResolvedResource): CreatedResource {
    const definition = this.#define(resource)
    const { name, reservedConcurrency } = definition.configuration
    if (this.#pools.has(name)) {
      throw new AssemblyError(`${resource.logicalId}: another function is named ${name} already.`)
    }
    this.concurrency.reserve(name, reservedConcurrency)
    const { runtimePath, maxEnvironmentsPerFunction, idleEnvironmentMs } = this.#deps
    const pool = new FunctionPool({
      ...definition,
      context: this.#context,
      functionArn: this.#arn(name),
      runtimePath,
      concurrency: this.concurrency,
      logGroups: this.#deps.logGroups,
      maxEnvironments: maxEnvironmentsPerFunction ?? DEFAULT_MAX_ENVIRONMENTS,
      idleMs: idleEnvironmentMs ?? DEFAULT_IDLE_MS,
      spareIdleMs: SPARE_IDLE_MS,
    })
    this.#pools.set(name, pool)
    return describeCreated(pool)
  }

  update(resource: ResolvedResource, { created: { ref } }: MadeResource): CreatedResource | undefined {
    const definition = this.#define(resource)
    const pool = this.#pools.get(ref)
    if (pool === undefined || definition.configuration.name !== ref) return undefined
    this.concurrency.reserve(ref, definition.configuration.reservedConcurrency)
    this.#updatedCode.delete(ref)
    pool.redefine(definition)
    return describeCreated(pool)
  }

  async remove({ created: { ref } }: MadeResource): Promise<void> {
    const pool = this.#pools.get(ref)
    this.#pools.delete(ref)
    this.concurrency.reserve(ref, undefined)
    await pool?.close()
  }

  /** Runs another code from now on. Invocations under way finish with the old one. */
  updateCode(functionName: string, directory: string): void {
    this.find(functionName).redefine({ taskRoot: directory })
    this.#updatedCode.add(functionName)
  }

  /** Follows the code to the present assembly, and takes back what `updateCode` has changed since the last one. */
  followAssembly(): void {
    for (const [name, pool] of this.#pools) {
      if (pool.standInReason !== undefined) continue
      const taskRoot = codeFolder(pool.configuration.code, this.#deps)
      if (this.#updatedCode.delete(name)) pool.redefine({ taskRoot })
      else pool.moveCode(taskRoot)
    }
  }

  #define(resource: ResolvedResource): FunctionDefinition {
    const reason = standInReason(resource, this.#deps)
    const configuration = parseFunction(resource, { standIn: reason !== undefined })
    const { name, roleArn, code, layers } = configuration
    return {
      configuration,
      taskRoot: reason === undefined ? codeFolder(code, this.#deps) : '',
      layerFolders: this.layers.folders(layers),
      standInReason: reason,
      credentials: () => this.#deps.credentials(roleArn, name),
    }
  }

  #arn(functionName: string): string {
    const { region, accountId } = this.#context
    return `arn:aws:lambda:${region}:${accountId}:function:${functionName}`
  }
}

function describeCreated({ configuration, functionArn, standInReason: reason }: FunctionPool): CreatedResource {
  return {
    ref: configuration.name,
    attributes: { Arn: functionArn },
    ...(reason !== undefined && { standIn: { reason } }),
  }
}
