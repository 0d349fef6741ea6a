import { realClock } from '../../../local/clock.ts'
import type { CloudContext } from '../../../local/context.ts'
import { Meter } from '../../../local/meter.ts'

/** The context of a service that runs without the rest of the cloud. Nothing listens at the default endpoint. */
export function cloudContext(parts: Partial<CloudContext> = {}): CloudContext {
  return {
    accountId: '000000000000',
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:1',
    clock: realClock,
    meter: new Meter(),
    log: () => {},
    ...parts,
  }
}
