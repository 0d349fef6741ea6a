import { collectResourceTypes, type ResourceTypes } from './assembly/resource-types.ts'
import type { CloudAssembly } from './assembly/cloud-assembly.ts'
import { deployStacks, type DeployedStack, type DeployedStacks } from './assembly/deployment.ts'
import { ResourceNames } from './assembly/resource-names.ts'
import { Update, type UpdateSummary } from './assembly/update.ts'
import type { CloudServices } from './cloud-services.ts'
import type { CloudContext } from './context.ts'
import type { LocalService } from './services/service.ts'
import { createStandIns } from './services/stand-ins/stand-in.ts'
import type { StandIn } from './wire/unavailable-call.ts'

export interface LiveStacksOptions {
  readonly context: CloudContext
  readonly services: CloudServices
  /** Makes services of their own for a trial, which touch nothing of the running ones. */
  readonly trialServices: (assembly: CloudAssembly) => CloudServices
  /** Tells the services where the code of the functions is from now on. */
  readonly useAssets: (assembly: CloudAssembly) => void
  readonly parameters?: Readonly<Record<string, string>>
}

/** The stacks that run: deploys them once, and then changes them as their assembly changes. */
export class LiveStacks {
  readonly #options: LiveStacksOptions
  readonly #names = new ResourceNames()
  readonly #services: readonly LocalService[]
  readonly #types: ResourceTypes
  #assembly: CloudAssembly | undefined
  #deployed: DeployedStacks = new Map()
  #standIns: readonly StandIn[] = []

  constructor(options: LiveStacksOptions) {
    this.#options = options
    this.#services = allServices(options.services)
    this.#types = this.#typesOf(this.#services)
  }

  get deployed(): DeployedStacks {
    return this.#deployed
  }

  get standIns(): readonly StandIn[] {
    return this.#standIns
  }

  async deploy(assembly: CloudAssembly): Promise<void> {
    this.#options.useAssets(assembly)
    const deployed = await deployStacks({
      ...this.#deployment(assembly),
      types: this.#types,
      dynamicReference: (reference) => resolveReference(this.#services, reference),
    })
    for (const service of this.#services) service.check?.()
    this.#accept(assembly, deployed)
  }

  async start(): Promise<void> {
    for (const service of this.#services) await service.start?.()
  }

  /** Applies a new assembly. If it fails, all is as before. */
  async update(assembly: CloudAssembly): Promise<UpdateSummary> {
    const trial = await this.#try(assembly)
    const { context, useAssets } = this.#options
    const update = new Update({
      old: this.#deployed,
      trial,
      types: this.#types,
      warn: (message) => context.log({ source: 'cloud', level: 'warn', message }),
    })
    useAssets(assembly)
    try {
      const deployed = await deployStacks({
        ...this.#deployment(assembly),
        types: this.#types,
        dynamicReference: (reference) => resolveReference(this.#services, reference),
        make: (place, resource) => update.make(place, resource),
      })
      this.#accept(assembly, deployed)
    } catch (error) {
      useAssets(this.#assembly!)
      await update.takeBack()
      throw error
    }
    await update.removeLeftOver()
    await this.start()
    return update.summary
  }

  /** Makes every resource in services of a trial, so that a mistake is found before anything changes. */
  async #try(assembly: CloudAssembly): Promise<DeployedStacks> {
    const services = allServices(this.#options.trialServices(assembly))
    try {
      const trial = await deployStacks({
        ...this.#deployment(assembly),
        types: this.#typesOf(services),
        // A generated secret has another value in the trial. The one that runs counts.
        dynamicReference: (reference) => resolveReference([...this.#services, ...services], reference),
      })
      for (const service of services) service.check?.()
      return trial
    } finally {
      for (const service of services) await service.close?.()
    }
  }

  #deployment({ stacks }: CloudAssembly) {
    const { context, parameters } = this.#options
    return {
      stacks,
      names: this.#names,
      accountId: context.accountId,
      region: context.region,
      ...(parameters && { parameters }),
    }
  }

  #typesOf(services: readonly LocalService[]): ResourceTypes {
    return collectResourceTypes(services, createStandIns(this.#options.context))
  }

  #accept(assembly: CloudAssembly, deployed: DeployedStacks): void {
    this.#assembly = assembly
    this.#deployed = deployed
    this.#standIns = [...deployed.values()].flatMap(standInsOf)
  }
}

function allServices({ stores, actors }: CloudServices): LocalService[] {
  return [...stores, ...actors]
}

function resolveReference(services: readonly LocalService[], reference: string): string | undefined {
  for (const service of services) {
    const value = service.dynamicReference?.(reference)
    if (value !== undefined) return value
  }
  return undefined
}

function standInsOf({ stackName, resources, dummyParameters }: DeployedStack): StandIn[] {
  const standIns = [...resources].flatMap(([logicalId, { resource, created }]): StandIn[] => {
    const { ref, standIn } = created
    if (standIn === undefined) return []
    const { unknown = false, reason } = standIn
    return [{ stackName, logicalId, type: resource.type, unknown, ref, ...(reason !== undefined && { reason }) }]
  })
  const parameters = dummyParameters
    .filter((name) => !name.startsWith('/cdk-bootstrap/'))
    .map((name) => ({
      stackName,
      logicalId: name,
      type: 'AWS::SSM::Parameter::Value',
      unknown: false,
      ref: name,
      reason: 'no stack of the app makes this parameter, so that it has a dummy value',
    }))
  return [...standIns, ...parameters]
}
