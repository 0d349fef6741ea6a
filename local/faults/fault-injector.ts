import type { Clock } from '../clock.ts'
import { AwsError, ConnectionCut, type AwsAnswer, type AwsCall, type CallInterceptor } from '../wire/call.ts'
import type { CallFault, FaultPlan } from './fault-plan.ts'
import { doPartly } from './partial-calls.ts'

export interface FaultInjectorParts {
  readonly clock: Clock
  /** Kills the execution environment with these credentials. */
  readonly crash: (accessKeyId: string) => void
  /** Breaks a client's connection, without a closing handshake. */
  readonly cutConnection: (connectionId: string) => void
}

/** Applies the faults of a plan to the calls of functions. All other calls pass untouched. */
export function createFaultInjector(plan: FaultPlan, parts: FaultInjectorParts): CallInterceptor {
  const made = new Map<string, number>()
  return (call, next) => {
    if (call.principal.kind !== 'role') return next()
    const key = `${call.principal.name} ${call.operation}`
    const nth = made.get(key) ?? 0
    made.set(key, nth + 1)
    const fault = plan.onCall?.(call, nth)
    return fault === undefined ? next() : inject(fault, call, next, parts)
  }
}

async function inject(
  fault: CallFault,
  call: AwsCall,
  next: (instead?: AwsCall) => Promise<AwsAnswer>,
  { clock, crash, cutConnection }: FaultInjectorParts,
): Promise<AwsAnswer> {
  const connectionId = pushedTo(call)
  switch (fault.type) {
    case 'crash':
    case 'cut':
      // The caller is gone, so the service's answer does not matter.
      if (fault.when === 'after') await next().catch(() => undefined)
      if (fault.type === 'crash') crash(call.accessKeyId ?? '')
      throw new ConnectionCut()
    case 'delay':
      await new Promise<void>((resolve) => clock.after(fault.ms, resolve))
      return next()
    case 'partial':
      return doPartly(call, new Set(fault.places), next) ?? throttle(call)
    case 'gone':
      if (connectionId === undefined) return throttle(call)
      cutConnection(connectionId)
      throw new AwsError('GoneException', 'The connection is gone.', 410)
    case 'lost':
      if (connectionId === undefined) return throttle(call)
      cutConnection(connectionId)
      return { status: 200, body: '' }
    case 'throttle':
      return throttle(call)
  }
}

function pushedTo({ operation, path }: AwsCall): string | undefined {
  return operation === 'PostToConnection' ? decodeURIComponent(path.slice(path.lastIndexOf('/') + 1)) : undefined
}

function throttle({ service }: AwsCall): never {
  if (service === 'dynamodb') {
    throw new AwsError(
      'ProvisionedThroughputExceededException',
      'The level of configured provisioned throughput for the table was exceeded.',
    )
  }
  if (service === 'execute-api') throw new AwsError('LimitExceededException', 'Too Many Requests', 429)
  throw new AwsError('ThrottlingException', 'Rate exceeded')
}
