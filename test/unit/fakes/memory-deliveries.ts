import type { JobKey } from '../../../lambdas/domain/job/stored-job.ts'
import type {
  DeliveryErasure,
  DeliveryKey,
  DeliveryLog,
  DeliveryPages,
  LoggedDelivery,
} from '../../../lambdas/domain/webhooks/delivery-log.ts'
import type { WebhookDelivery } from '../../../protocol/webhooks/webhook.ts'

/** The log of deliveries in memory. */
export class MemoryDeliveries implements DeliveryLog, DeliveryPages, DeliveryErasure {
  readonly #entries = new Map<string, LoggedDelivery>()
  /** Runs before each call takes effect: throw to make it fail. */
  before: (call: 'read' | 'write') => void = () => undefined

  async read(key: DeliveryKey): Promise<LoggedDelivery | undefined> {
    this.before('read')
    return this.#entries.get(deliveryName(key))
  }

  async write(key: DeliveryKey, delivery: LoggedDelivery, before: LoggedDelivery | undefined): Promise<boolean> {
    this.before('write')
    if (this.#entries.get(deliveryName(key))?.attemptsMade !== before?.attemptsMade) return false
    this.#entries.set(deliveryName(key), delivery)
    return true
  }

  async list({ namespace, id }: JobKey): Promise<WebhookDelivery[]> {
    const found = [...this.#entries].filter(([name]) => name.startsWith(`${namespace}#${id}#`))
    return found.map(([, { itemId: _itemId, attemptsMade: _attemptsMade, ...delivery }]) => delivery).toReversed()
  }

  async erase({ namespace, id, createdAt }: JobKey & { readonly createdAt: number }): Promise<void> {
    for (const [name, { state }] of this.#entries) {
      const isOfLife = name.startsWith(`${namespace}#${id}#${createdAt}#`)
      if (isOfLife && state !== 'retrying') this.#entries.delete(name)
    }
  }
}

function deliveryName({ namespace, id, createdAt, version }: DeliveryKey): string {
  return [namespace, id, createdAt, version].join('#')
}
