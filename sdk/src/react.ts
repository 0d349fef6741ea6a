import { createContext, createElement, useCallback, useContext, useEffect, useMemo, useState } from 'react'
import { useSyncExternalStore } from 'react'
import type { ReactElement, ReactNode } from 'react'
import type { TaskMap } from '../../protocol/job/task.ts'
import type { JobwireError } from './api/errors.ts'
import { createClientStore } from './react/shared-client.ts'
import type { ClientSource, ClientState, ClientStore } from './react/shared-client.ts'
import { createJobStore } from './react/job-view.ts'
import type { JobState } from './react/job-view.ts'
import { useLatest, useMapState } from './react/map-view.ts'
import type { MapCall, UseMap } from './react/map-view.ts'
import type { Job, SubmitOptions, TaskArguments, TaskInput, TaskOutput, TasksOf } from './api/types.ts'

/**
 * The props of a `JobwireProvider`.
 *
 * @example
 * const props: JobwireProviderProps<typeof tasks> = { client: () => connect<typeof tasks>({ url, token }) }
 */
export interface JobwireProviderProps<T extends TasksOf<T>> {
  /**
   * A client, the promise of one, or a function that makes one. The function is called once, when the provider is in
   * the page, and its client is closed when the provider leaves. The other two you close yourself. To connect in another
   * way, give the provider another `key`.
   */
  readonly client: ClientSource<T>
  readonly children?: ReactNode
}

/**
 * The result of `useSubmit`: the state of the latest job, and a function that submits one.
 *
 * @example
 * const { submit, isLoading, output }: UseSubmit<Thumbnail, [input: { key: string }]> = useSubmit('resize')
 */
export interface UseSubmit<Output, Arguments extends readonly unknown[]> extends JobState<Output> {
  /** Submits a job. Never rejects: if the submit is refused, the job is undefined and `error` says why. */
  readonly submit: (...args: Arguments) => Promise<Job<Output> | undefined>
  /** Forgets the job. The job goes on. */
  readonly reset: () => void
}

/**
 * The provider and the hooks for some tasks.
 *
 * @example
 * const hooks: JobwireHooks<typeof tasks> = createHooks<typeof tasks>()
 */
export interface JobwireHooks<T extends TasksOf<T>> {
  /** Gives its children a client. */
  readonly JobwireProvider: (props: JobwireProviderProps<T>) => ReactElement
  /** The client of the nearest provider, undefined until it is connected, or the error why it is not. */
  readonly useJobwire: () => ClientState<T>
  /** The live state of a job, by its id or handle. The job is followed until it has ended. */
  readonly useJob: <Output = unknown>(job: string | Job<Output> | null | undefined) => JobState<Output>
  /** Submits jobs of a task, and follows the latest. */
  readonly useSubmit: <Name extends keyof T & string>(
    task: Name,
  ) => UseSubmit<TaskOutput<T[Name]>, TaskArguments<TaskInput<T[Name]>, SubmitOptions>>
  /** Runs a task over many inputs. */
  readonly useMap: <Name extends keyof T & string>(task: Name) => UseMap<TaskInput<T[Name]>, TaskOutput<T[Name]>>
}

/**
 * Makes the provider and the hooks, typed by your tasks. Call it once for an application. They work under StrictMode, in
 * concurrent rendering and on the server, where nothing connects and every job is loading.
 *
 * @example
 * export const { JobwireProvider, useJob, useSubmit, useMap } = createHooks<typeof tasks>()
 *
 * function Resize() {
 *   const { submit, isLoading, progress, output } = useSubmit('resize')
 *   if (isLoading) return <progress value={progress?.percent} max={100} />
 *   return output ? <img src={output.url} /> : <button onClick={() => submit({ key: 'a.png' })}>Resize</button>
 * }
 */
export function createHooks<T extends TasksOf<T> = TaskMap>(): JobwireHooks<T> {
  const Context = createContext<ClientStore<T> | undefined>(undefined)

  function JobwireProvider({ client, children }: JobwireProviderProps<T>): ReactElement {
    // A function is a new one at each render, but means the same.
    const store = useMemo(() => createClientStore<T>(client), [typeof client === 'function' ? undefined : client])
    useEffect(() => store.subscribe(() => {}), [store])
    return createElement(Context.Provider, { value: store }, children)
  }

  function useStore(): ClientStore<T> {
    const store = useContext(Context)
    if (store === undefined) throw new Error('There is no <JobwireProvider> of these hooks around this component.')
    return store
  }

  function useJobwire(): ClientState<T> {
    const store = useStore()
    return useSyncExternalStore(store.subscribe, store.snapshot, store.snapshot)
  }

  function useJob<Output>(job: string | Job<Output> | null | undefined): JobState<Output> {
    const store = useStore()
    const id = typeof job === 'string' ? job : job?.id
    const state = useMemo(() => createJobStore(() => store.ready(), id), [store, id])
    return useSyncExternalStore(state.subscribe, state.snapshot, state.initial) as JobState<Output>
  }

  function useSubmit<Name extends keyof T & string>(task: Name) {
    type Output = TaskOutput<T[Name]>
    type Arguments = TaskArguments<TaskInput<T[Name]>, SubmitOptions>
    const store = useStore()
    const [latest, setLatest] = useState<Latest<Output>>(NOTHING)
    const begin = useLatest()
    const submit = useCallback(
      async (...args: Arguments) => {
        const isLatest = begin()
        setLatest({ isLoading: true })
        try {
          const job: Job<Output> = await store.ask((client) => client.submit(task, ...args))
          if (isLatest()) setLatest({ job })
          return job
        } catch (error) {
          if (isLatest()) setLatest({ error: error as JobwireError })
          return undefined
        }
      },
      [store, task, begin],
    )
    const reset = useCallback(() => {
      begin()
      setLatest(NOTHING)
    }, [begin])
    const { job, ...said } = latest
    return { ...useJob<Output>(job), ...said, submit, reset }
  }

  function useMap<Name extends keyof T & string>(task: Name): UseMap<TaskInput<T[Name]>, TaskOutput<T[Name]>> {
    const { ask } = useStore()
    const map: MapCall = useCallback(
      (inputs, options) => ask((client) => client.map(task, inputs as Iterable<TaskInput<T[Name]>>, options)),
      [ask, task],
    )
    return useMapState(map)
  }

  return { JobwireProvider, useJobwire, useJob, useSubmit, useMap }
}

interface Latest<Output> {
  readonly job?: Job<Output>
  readonly isLoading?: boolean
  readonly error?: JobwireError
}

const NOTHING = {}

export type { ClientSource, ClientState } from './react/shared-client.ts'
export type { JobState } from './react/job-view.ts'
export type { UseMap } from './react/map-view.ts'
