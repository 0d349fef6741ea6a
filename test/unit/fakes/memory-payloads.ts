import type { PayloadStore } from '../../../lambdas/domain/payloads/payload-store.ts'
import type { Json } from '../../../protocol/job/job.ts'

/** Payloads in memory. `calls` are the calls so far, and `before` may fail a call. */
export class MemoryPayloads implements PayloadStore {
  readonly calls: string[] = []
  readonly objects = new Map<string, string>()
  before: (call: 'put' | 'get' | 'remove') => void = () => undefined

  async put(key: string, json: string): Promise<void> {
    this.calls.push('put')
    this.before('put')
    this.objects.set(key, json)
  }

  async get(key: string): Promise<Json | undefined> {
    this.calls.push('get')
    this.before('get')
    const json = this.objects.get(key)
    return json === undefined ? undefined : (JSON.parse(json) as Json)
  }

  async remove(key: string): Promise<void> {
    this.calls.push('remove')
    this.before('remove')
    this.objects.delete(key)
  }
}
