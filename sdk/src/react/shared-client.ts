import type { JobwireError } from '../api/errors.ts'
import type { Jobwire } from '../jobwire/jobwire.ts'
import type { TasksOf } from '../api/types.ts'

/**
 * The client of a provider: a client, the promise of one, or a function that makes one.
 *
 * @example
 * const source: ClientSource<typeof tasks> = () => connect<typeof tasks>({ url, token })
 */
export type ClientSource<T extends TasksOf<T>> = Jobwire<T> | Promise<Jobwire<T>> | (() => Promise<Jobwire<T>>)

/**
 * The client of a provider once it is connected, or the error why it is not.
 *
 * @example
 * const { client, error }: ClientState<typeof tasks> = useJobwire()
 */
export interface ClientState<T extends TasksOf<T>> {
  readonly client: Jobwire<T> | undefined
  readonly error: JobwireError | undefined
}

/** The client of one provider, outside React: made when it is first needed, closed when the provider leaves. */
export interface ClientStore<T extends TasksOf<T>> {
  /** The client, once there is one. */
  readonly ready: () => Promise<Jobwire<T>>
  /** Makes a call of the client, which is not closed before the call ends: a map that ends cancels its jobs. */
  readonly ask: <Answer>(call: (client: Jobwire<T>) => PromiseLike<Answer>) => Promise<Answer>
  readonly subscribe: (listener: () => void) => () => void
  readonly snapshot: () => ClientState<T>
}

export function createClientStore<T extends TasksOf<T>>(source: ClientSource<T>): ClientStore<T> {
  const listeners = new Set<() => void>()
  const unanswered = new Set<Promise<unknown>>()
  let state: ClientState<T> = { client: undefined, error: undefined }
  let connecting: Promise<Jobwire<T>> | undefined
  const set = (next: ClientState<T>) => {
    state = next
    for (const listener of [...listeners]) listener()
  }
  const ready = () => {
    if (connecting !== undefined) return connecting
    const attempt = typeof source === 'function' ? source() : (source as Promise<Jobwire<T>>)
    connecting = attempt
    attempt.then(
      (client) => connecting === attempt && set({ client, error: undefined }),
      (error: unknown) => {
        if (connecting !== attempt) return
        // The next that needs a client tries again.
        if (typeof source === 'function') connecting = undefined
        set({ client: undefined, error: error as JobwireError })
      },
    )
    return attempt
  }
  if (typeof source !== 'function' && !('then' in source)) {
    state = { client: source, error: undefined }
    connecting = Promise.resolve(source)
  }
  const closeUnused = () => {
    // Only a client that was made here is closed here. In strict mode, React removes a tree and puts it back at once.
    if (typeof source !== 'function' || listeners.size > 0) return
    const ending = connecting
    connecting = undefined
    state = { client: undefined, error: undefined }
    const last = Promise.allSettled(unanswered)
    void ending?.then((client) => last.then(() => client.close())).catch(() => {})
  }
  return {
    ready,
    async ask(call) {
      const answer = ready().then(call)
      unanswered.add(answer)
      try {
        return await answer
      } finally {
        unanswered.delete(answer)
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      void ready().catch(() => {})
      return () => {
        listeners.delete(listener)
        queueMicrotask(closeUnused)
      }
    },
    snapshot: () => state,
  }
}
