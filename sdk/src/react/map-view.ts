import { useCallback, useEffect, useRef, useState } from 'react'
import type { JobwireError } from '../api/errors.ts'
import type { MapOptions, MapProgress } from '../api/types.ts'

/**
 * The result of `useMap`: the progress of the latest map, its values once it is done, and a function that runs one.
 *
 * @example
 * const { run, progress, values, cancel }: UseMap<{ key: string }, Thumbnail> = useMap('resize')
 */
export interface UseMap<Input, Output> {
  /** Begins a map and ends the one before. Never rejects: if it fails or is cancelled, the values are undefined. */
  readonly run: (
    inputs: Iterable<Input> | AsyncIterable<Input>,
    options?: Omit<MapOptions<Input>, 'errors' | 'signal' | 'onProgress'>,
  ) => Promise<readonly Output[] | undefined>
  /** Ends the map and cancels its jobs. That also happens when the component leaves the page. */
  readonly cancel: () => void
  readonly progress: MapProgress | undefined
  /** All values, in the order of the inputs. */
  readonly values: readonly Output[] | undefined
  readonly error: JobwireError | undefined
  readonly isLoading: boolean
}

/** `map` of the client, once there is one. */
export type MapCall = (inputs: Iterable<any> | AsyncIterable<any>, options: object) => PromiseLike<any[]>

type State = Pick<UseMap<any, any>, 'progress' | 'values' | 'error' | 'isLoading'>

const IDLE: State = { progress: undefined, values: undefined, error: undefined, isLoading: false }

export function useMapState(map: MapCall): UseMap<any, any> {
  const [state, setState] = useState(IDLE)
  const running = useRef<AbortController | undefined>(undefined)
  const cancel = useCallback(() => running.current?.abort(), [])
  const begin = useLatest(cancel)
  const run = useCallback<UseMap<any, any>['run']>(
    async (inputs, options) => {
      cancel()
      const isLatest = begin()
      const { signal } = (running.current = new AbortController())
      const set = (change: Partial<State>) => {
        if (isLatest()) setState((before) => ({ ...before, ...change }))
      }
      set({ ...IDLE, isLoading: true })
      try {
        const onProgress = (progress: MapProgress) => set({ progress: { ...progress } })
        const values = await map(inputs, { ...options, signal, onProgress })
        set({ values, isLoading: false })
        return values
      } catch (error) {
        set({ error: signal.aborted ? undefined : (error as JobwireError), isLoading: false })
        return undefined
      }
    },
    [map, begin, cancel],
  )
  return { ...state, run, cancel }
}

/** Begins something that replaces what was begun before. Returns a function that tells if its outcome still counts. */
export function useLatest(onEnd?: () => void): () => () => boolean {
  const count = useRef(0)
  const ending = useRef(onEnd)
  useEffect(() => {
    const { current: end } = ending
    return () => {
      count.current++
      end?.()
    }
  }, [])
  return useCallback(() => {
    const own = ++count.current
    return () => count.current === own
  }, [])
}
