import { randomUUID } from 'node:crypto'
import type { CloudContext } from '../../../context.ts'
import { InvocationCutOffError, type InvocationResult } from '../../function-invoker.ts'
import { AwsError } from '../../../wire/call.ts'
import type { Credentials } from '../../iam/service.ts'
import type { LogWriter } from '../../logs/log-store.ts'
import type { AccountConcurrency } from './concurrency.ts'
import { ExecutionEnvironment } from '../environments/environment.ts'
import type { InitOutcome, InvocationOutcome } from '../environments/environment.ts'
import { environmentVariables } from '../environments/environment-variables.ts'
import { exitPayload, timedOutPayload } from '../runtime/error-payloads.ts'
import { EnvironmentLog } from '../environments/environment-log.ts'
import type { FunctionConfiguration } from '../definition/function-configuration.ts'
import { IdleEnvironments, type IdleTimes } from '../environments/idle-environments.ts'

export interface PoolOptions extends IdleTimes {
  readonly context: CloudContext
  readonly configuration: FunctionConfiguration
  readonly functionArn: string
  readonly taskRoot: string
  /** The folders of its layers. */
  readonly layerFolders?: readonly string[]
  /** Says why the function cannot run on this machine. Each invocation fails with it. */
  readonly standInReason?: string | undefined
  readonly runtimePath: string
  readonly concurrency: AccountConcurrency
  readonly credentials: () => Credentials
  /** Takes the function's output for its log group. */
  readonly logGroups?: LogWriter | undefined
  /** The number of threads that this machine gives it. Further callers wait in line. */
  readonly maxEnvironments: number
}

type FailedInit = Exclude<InitOutcome, { kind: 'ready' }> & { readonly log?: EnvironmentLog }

/** The parts of a pool that may change while it runs: the function's code and its settings. */
export type FunctionDefinition = Pick<
  PoolOptions,
  'configuration' | 'taskRoot' | 'layerFolders' | 'standInReason' | 'credentials'
>

/** The environments of one definition of the function. Those of an earlier one finish their invocation and end. */
interface Generation {
  /** `maxEnvironments` limits them. */
  readonly environments: Set<ExecutionEnvironment>
  starting: number
}

/** One function's execution environments, and the callers that wait for one. */
export class FunctionPool {
  #options: PoolOptions
  /** Every thread that exists, also while it starts or ends. */
  readonly #environments = new Set<ExecutionEnvironment>()
  #generation: Generation = { environments: new Set(), starting: 0 }
  readonly #idle: IdleEnvironments
  readonly #waiting: ((answer: ExecutionEnvironment | FailedInit) => void)[] = []
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
    this.#idle = new IdleEnvironments(options.context.clock, options)
  }

  get configuration(): FunctionConfiguration {
    return this.#options.configuration
  }

  get functionArn(): string {
    return this.#options.functionArn
  }

  /** Undefined if the function runs. */
  get standInReason(): string | undefined {
    return this.#options.standInReason
  }

  get environmentCount(): number {
    return this.#environments.size
  }

  get taskRoot(): string {
    return this.#options.taskRoot
  }

  /** Names the folder to which the present code has moved. Environments that run stay. */
  moveCode(taskRoot: string): void {
    this.#options = { ...this.#options, taskRoot }
  }

  /**
   * Changes the code or the settings. Invocations under way finish with the old ones. All others run with the new ones,
   * also those that wait for an environment.
   */
  redefine(definition: Partial<FunctionDefinition>): void {
    this.#options = { ...this.#options, ...definition }
    this.#generation = { environments: new Set(), starting: 0 }
    this.#idle.endAll()
    this.#startAsNeeded()
  }

  /** Runs the function once. Rejects with `FunctionThrottledError` beyond its concurrency. */
  async invoke(payload: string, requestId: string = randomUUID()): Promise<InvocationResult> {
    if (this.#closed) throw this.#closedError()
    const { concurrency, configuration } = this.#options
    this.#refuseStandIn()
    const leave = concurrency.enter(configuration.name)
    try {
      const environment = this.#idle.take() ?? (await this.#nextEnvironment())
      if (!(environment instanceof ExecutionEnvironment)) return this.#initFailed(requestId, environment)
      return await this.#run(environment, requestId, payload)
    } finally {
      leave()
    }
  }

  /** Kills the environment with these credentials, if it belongs to this function. */
  crash(accessKeyId: string): void {
    for (const environment of this.#environments) {
      if (environment.accessKeyId === accessKeyId) environment.crash()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#idle.close()
    for (const answer of this.#waiting.splice(0)) answer({ kind: 'ended' })
    await Promise.all([...this.#environments].map((environment) => environment.terminate()))
  }

  #refuseStandIn(): void {
    const { standInReason: reason, configuration } = this.#options
    if (reason === undefined) return
    const message = `The function ${configuration.name} is a stand-in and cannot be invoked: ${reason}.`
    throw new AwsError('InvalidRuntimeException', message, 502)
  }

  async #run(environment: ExecutionEnvironment, requestId: string, payload: string): Promise<InvocationResult> {
    const { log } = environment
    log.begin(requestId)
    const outcome = await environment.invoke(requestId, payload)
    if (outcome.kind === 'ended') throw this.#closedError()
    this.#bill(requestId, outcome, environment)
    if (outcome.kind === 'answered') {
      const logTail = log.tail
      this.#release(environment)
      return { requestId, payload: outcome.payload, ...(outcome.failed && { functionError: 'Unhandled' }), logTail }
    }
    return this.#failed(requestId, outcome, log)
  }

  #initFailed(requestId: string, outcome: FailedInit): InvocationResult {
    if (outcome.kind === 'ended') throw this.#closedError()
    const { log = this.#createLog() } = outcome
    log.begin(requestId)
    this.#options.context.meter.count('lambdaRequest', this.configuration.name)
    log.end(requestId)
    if (outcome.kind !== 'failed') return this.#failed(requestId, outcome, log)
    return { requestId, payload: outcome.payload, functionError: 'Unhandled', logTail: log.tail }
  }

  /** Makes the result of an invocation that ended together with its environment. */
  #failed(
    requestId: string,
    outcome: Extract<InvocationOutcome | InitOutcome, { kind: 'timedOut' | 'exited' }>,
    log: EnvironmentLog,
  ): InvocationResult {
    const payload =
      outcome.kind === 'timedOut'
        ? timedOutPayload(requestId, this.configuration.timeoutMs)
        : exitPayload(requestId, outcome.reason)
    log.fail(requestId, (JSON.parse(payload) as { errorMessage: string }).errorMessage)
    return { requestId, payload, functionError: 'Unhandled', logTail: log.tail }
  }

  /** Since 2025 initialisation is billed as part of the first invocation, in whole milliseconds. */
  #bill(requestId: string, outcome: InvocationOutcome, environment: ExecutionEnvironment): void {
    const { memorySizeMb, timeoutMs, name } = this.configuration
    const { meter } = this.#options.context
    const durationMs = 'durationMs' in outcome ? outcome.durationMs : timeoutMs
    const initMs = environment.unbilledInitMs
    environment.unbilledInitMs = 0
    const billedMs = Math.ceil(initMs + durationMs)
    meter.count('lambdaRequest', name)
    meter.count('lambdaGbSecond', name, (billedMs / 1000) * (memorySizeMb / 1024))
    environment.log.end(requestId)
    const status =
      outcome.kind === 'timedOut' ? 'timeout' : outcome.kind === 'answered' && !outcome.failed ? 'success' : 'error'
    environment.log.report({ requestId, durationMs, billedMs, memorySizeMb, status, ...(initMs > 0 && { initMs }) })
  }

  #nextEnvironment(): Promise<ExecutionEnvironment | FailedInit> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#startAsNeeded()
    })
  }

  /**
   * Starts a thread for each waiting caller that has none on its way yet, within the machine's limit. A caller takes
   * the first environment that becomes free, its own or another.
   */
  #startAsNeeded(): void {
    if (this.#closed) return
    const generation = this.#generation
    while (generation.starting < this.#waiting.length && generation.environments.size < this.#options.maxEnvironments) {
      void this.#start(generation)
    }
  }

  async #start(generation: Generation): Promise<void> {
    generation.starting++
    const environment = this.#createEnvironment(generation)
    this.#environments.add(environment)
    generation.environments.add(environment)
    const outcome = await environment.initialized
    generation.starting--
    if (generation !== this.#generation) {
      void environment.terminate()
      return
    }
    if (outcome.kind === 'ready') {
      this.#release(environment)
      return
    }
    const { context, configuration } = this.#options
    const billedMs = Math.ceil(environment.unbilledInitMs)
    context.meter.count('lambdaGbSecond', configuration.name, (billedMs / 1000) * (configuration.memorySizeMb / 1024))
    this.#waiting.shift()?.({ ...outcome, log: environment.log })
    this.#startAsNeeded()
  }

  #createEnvironment(generation: Generation): ExecutionEnvironment {
    const { context, configuration, taskRoot, layerFolders, runtimePath, functionArn, credentials } = this.#options
    const log = this.#createLog()
    const { handler, runtime, logging, memorySizeMb, timeoutMs } = configuration
    return new ExecutionEnvironment({
      runtimePath,
      start: {
        taskRoot,
        handler,
        runtime,
        functionArn,
        logging,
        ...(layerFolders && { layerFolders }),
        ...(context.allowRealAws && { allowRealAws: true }),
      },
      variables: environmentVariables(context, configuration, {
        credentials: credentials(),
        taskRoot,
        logStream: log.streamName,
      }),
      memorySizeMb,
      timeoutMs,
      clock: context.clock,
      log,
      onGone: (environment) => this.#forget(environment, generation),
    })
  }

  /** Hands a free environment to the caller that has waited longest, or keeps it warm. */
  #release(environment: ExecutionEnvironment): void {
    if (this.#closed) return
    if (!this.#generation.environments.has(environment)) {
      void environment.terminate()
      return
    }
    const next = this.#waiting.shift()
    if (next !== undefined) {
      next(environment)
      return
    }
    this.#idle.keep(environment)
  }

  #forget(environment: ExecutionEnvironment, { environments }: Generation): void {
    this.#environments.delete(environment)
    environments.delete(environment)
    this.#idle.forget(environment)
    this.#startAsNeeded()
  }

  /** Each environment has a log stream of its own. */
  #createLog(): EnvironmentLog {
    const { context, configuration, logGroups: groups } = this.#options
    const day = new Date(context.clock.now()).toISOString().slice(0, 10).replaceAll('-', '/')
    const streamName = `${day}/[$LATEST]${randomUUID().replaceAll('-', '')}`
    return new EnvironmentLog({ context, configuration, streamName, groups })
  }

  #closedError(): Error {
    return new InvocationCutOffError(`The local cloud is closing: ${this.configuration.name} was cut off.`)
  }
}
