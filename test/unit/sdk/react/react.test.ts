import { newContainer } from '../../dom/window.ts'
import { afterEach, describe, expect, it } from '@jest/globals'
import { JobError, type Job, type Jobwire } from '@jobwire/sdk'
import { createHooks, type JobState } from '@jobwire/sdk/react'
import { defineTask } from '@jobwire/sdk/task'
import { createTestClient } from '@jobwire/sdk/testing'
import { act, Activity, createElement, type ReactNode, startTransition, StrictMode, useState } from 'react'
import { createRoot, hydrateRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'

const tasks = {
  resize: defineTask({ run: (input: { key: string }) => ({ url: input.key }) }),
  sweep: defineTask({ run: () => 3 }),
}
type Tasks = typeof tasks

const { JobwireProvider, useJobwire, useJob, useSubmit, useMap } = createHooks<Tasks>()
const roots: Root[] = []
const complaints: unknown[] = []
const complain = console.error
console.error = (...all: unknown[]) => void complaints.push(all)

afterEach(async () => {
  for (const root of roots.splice(0)) await act(async () => root.unmount())
  expect(complaints.splice(0)).toEqual([])
  expect(complain).toBeDefined()
})

/** Lets React see all promises that have settled. */
const settlePromises = () => act(async () => new Promise<void>((resolve) => setImmediate(resolve)))

async function render(node: ReactNode) {
  const container = newContainer()
  const root = createRoot(container)
  roots.push(root)
  await act(async () => root.render(createElement(StrictMode, null, node)))
  await settlePromises()
  return {
    root,
    container,
    again: (next: ReactNode) => act(async () => root.render(createElement(StrictMode, null, next))),
  }
}

/** Renders a component that calls a hook, whose latest result is in `shown`. */
function probe<Value>(useHook: () => Value) {
  const seen = { shown: undefined as Value, history: [] as Value[], renders: 0, node: undefined as ReactNode }
  function Probe() {
    seen.shown = useHook()
    seen.history.push(seen.shown)
    seen.renders++
    return null
  }
  seen.node = createElement(Probe)
  return seen
}

const within = (client: Jobwire<Tasks>, ...children: ReactNode[]) =>
  createElement(JobwireProvider, { client }, ...children)

describe('useJob', () => {
  it('follows a job to its end', async () => {
    const client = createTestClient<Tasks>()
    const job = await client.submit('resize', { key: 'a' })
    const view = probe(() => useJob(job))
    await render(within(client, view.node))
    expect(view.shown).toMatchObject({ id: job.id, status: 'pending', isLoading: true, output: undefined })
    await act(async () => client.progress(job.id, { percent: 50 }))
    expect(view.shown).toMatchObject({ status: 'running', progress: { percent: 50 }, isLoading: true })
    await act(async () => client.settle(job.id, { output: { url: 'b' } }))
    expect(view.shown.output?.url).toBe('b')
    expect(view.shown).toMatchObject({ status: 'success', isLoading: false, error: undefined })
    // StrictMode has begun to follow the job twice; nothing of the first is seen.
    expect(view.history.filter(({ error }) => error !== undefined)).toEqual([])
  })

  it('gives the error of a job that fails', async () => {
    const client = createTestClient<Tasks>()
    const { id } = await client.submit('sweep')
    const view = probe(() => useJob<number>(id))
    await render(within(client, view.node))
    await act(async () => client.settle(id, { error: { code: 'BROKEN', message: 'No.' } }))
    expect(view.shown).toMatchObject({ status: 'failed', isLoading: false, output: undefined })
    expect(JobError.is(view.shown.error) && view.shown.error.code).toBe('BROKEN')
  })

  it('forgets the old job when the id changes, and ignores its later updates', async () => {
    const client = createTestClient<Tasks>()
    const [one, other] = [await client.submit('sweep'), await client.submit('sweep')]
    const view = probe(() => undefined as JobState<number> | undefined)
    function Of({ job }: { job: Job<number> | null }) {
      view.shown = useJob(job)
      return null
    }
    const { again } = await render(within(client, createElement(Of, { job: one })))
    await act(async () => client.progress(one.id, { percent: 50 }))
    await again(within(client, createElement(Of, { job: other })))
    expect(view.shown).toMatchObject({ id: other.id, progress: undefined, isLoading: true })
    await act(async () => client.settle(one.id, { output: 1 }))
    await act(async () => client.settle(other.id, { output: 2 }))
    expect(view.shown).toMatchObject({ id: other.id, output: 2 })
    await again(within(client, createElement(Of, { job: null })))
    expect(view.shown).toMatchObject({ id: undefined, status: undefined, isLoading: false })
  })

  it('shows the same to all components of a concurrent rendering', async () => {
    const client = createTestClient<Tasks>()
    const { id } = await client.submit('sweep')
    let show = (_count: number): void => undefined
    const Item = () => createElement('i', null, useJob(id).progress?.percent ?? 'none')
    function List() {
      const [count, setCount] = useState(1)
      show = setCount
      return Array.from({ length: count }, (_, key) => createElement(Item, { key }))
    }
    const { container } = await render(within(client, createElement(List)))
    await act(async () => client.progress(id, { percent: 7 }))
    await act(async () => {
      startTransition(() => show(3))
      client.progress(id, { percent: 8 })
    })
    await settlePromises()
    expect(container.textContent).toBe('888')
  })

  it('stops following while it is hidden, and then goes on', async () => {
    const client = createTestClient<Tasks>()
    const { id } = await client.submit('sweep')
    const view = probe(() => useJob(id))
    const page = (mode: 'visible' | 'hidden') => within(client, createElement(Activity, { mode, children: view.node }))
    const { again } = await render(page('visible'))
    await again(page('hidden'))
    await settlePromises()
    await act(async () => client.progress(id, { percent: 30 }))
    expect(view.shown.progress).toBeUndefined()
    await again(page('visible'))
    await settlePromises()
    expect(view.shown).toMatchObject({ status: 'running', progress: { percent: 30 }, isLoading: true })
    expect(view.history.filter(({ error }) => error !== undefined)).toEqual([])
  })

  it('stops following when its component unmounts', async () => {
    const client = createTestClient<Tasks>()
    const { id } = await client.submit('sweep')
    const view = probe(() => useJob(id))
    const { again } = await render(within(client, view.node))
    await again(within(client))
    const { renders } = view
    await act(async () => client.settle(id, { output: 1 }))
    expect(view.renders).toBe(renders)
  })
})

describe('useSubmit', () => {
  it('submits and follows the latest job', async () => {
    const client = createTestClient<Tasks>()
    const view = probe(() => useSubmit('resize'))
    await render(within(client, view.node))
    expect(view.shown).toMatchObject({ id: undefined, isLoading: false })
    await act(async () => {
      void view.shown.submit({ key: 'a' })
      void view.shown.submit({ key: 'b' }, { priority: 'high' })
    })
    await settlePromises()
    const [first, second] = client.jobs
    expect(view.shown).toMatchObject({ id: second!.id, status: 'pending', isLoading: true })
    await act(async () => client.settle(first!.id, { output: { url: 'a' } }))
    await act(async () => client.settle(second!.id, { output: { url: 'b' } }))
    const url: string | undefined = view.shown.output?.url
    expect(url).toBe('b')
    await act(async () => view.shown.reset())
    expect(view.shown).toMatchObject({ id: undefined, output: undefined, isLoading: false })
  })

  it('forgets a submit that is under way when it is reset', async () => {
    const client = createTestClient<Tasks>()
    const view = probe(() => useSubmit('sweep'))
    await render(within(client, view.node))
    let submitted: Promise<unknown> = Promise.resolve()
    await act(async () => {
      submitted = view.shown.submit()
      view.shown.reset()
    })
    expect(await submitted).toMatchObject({ id: client.jobs[0]!.id })
    await settlePromises()
    expect(view.shown).toMatchObject({ id: undefined, isLoading: false })
  })

  it('shows why a submit was refused, and does not reject', async () => {
    const client = createTestClient<Tasks>({ handlers: {} })
    const view = probe(() => useSubmit('sweep'))
    await render(within(client, view.node))
    let job: Job<number> | undefined
    await act(async () => {
      job = await view.shown.submit()
    })
    expect(job).toBeUndefined()
    expect(view.shown).toMatchObject({ error: { code: 'UNKNOWN_TASK' }, isLoading: false })
  })

  it('lets a job go on whose component unmounts meanwhile', async () => {
    const client = createTestClient<Tasks>()
    const view = probe(() => useSubmit('sweep'))
    const { again } = await render(within(client, view.node))
    let submitted: Promise<unknown> = Promise.resolve()
    await act(async () => {
      submitted = view.shown.submit()
    })
    await again(within(client))
    const { renders } = view
    expect(await submitted).toMatchObject({ id: client.jobs[0]!.id })
    await settlePromises()
    expect(view.renders).toBe(renders)
    expect(client.jobs).toHaveLength(1)
  })
})

describe('useMap', () => {
  const keys = ['a', 'b', 'c'].map((key) => ({ key }))

  it('shows the progress, and the values in order', async () => {
    const client = createTestClient<Tasks>({ handlers: { resize: ({ key }) => ({ url: key }) } })
    const view = probe(() => useMap('resize'))
    await render(within(client, view.node))
    await act(async () => void (await view.shown.run(keys)))
    expect(view.shown.values?.map(({ url }) => url)).toEqual(['a', 'b', 'c'])
    expect(view.shown).toMatchObject({ progress: { succeeded: 3, total: 3 }, isLoading: false, error: undefined })
  })

  it('ends with its first error', async () => {
    const client = createTestClient<Tasks>()
    const view = probe(() => useMap('resize'))
    await render(within(client, view.node))
    await act(async () => void view.shown.run(keys))
    await settlePromises()
    expect(view.shown.isLoading).toBe(true)
    await act(async () => client.settle(client.jobs[1]!.id, { error: { code: 'BROKEN' } }))
    await settlePromises()
    expect(view.shown).toMatchObject({ error: { code: 'BROKEN' }, values: undefined, isLoading: false })
  })

  it.each([
    ['cancel', async (view: { shown: { cancel: () => void } }) => act(async () => view.shown.cancel())],
    [
      'the end of its component',
      async (_view: unknown, leave: () => Promise<void>) => {
        await leave()
      },
    ],
  ])('is ended by %s, and its jobs with it', async (_what, end) => {
    const client = createTestClient<Tasks>()
    const view = probe(() => useMap('resize'))
    const { again } = await render(within(client, view.node))
    await act(async () => void view.shown.run(keys))
    await settlePromises()
    await end(view, () => again(within(client)))
    await settlePromises()
    expect(client.jobs.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled'])
    expect(complaints).toEqual([])
  })
})

describe('JobwireProvider', () => {
  it('connects once, even under StrictMode, and closes its client', async () => {
    const client = createTestClient<Tasks>()
    let made = 0
    let closed = 0
    const make = async () => {
      made++
      return { ...client, close: async () => void closed++ }
    }
    const view = probe(() => useJobwire())
    const page = () => createElement(JobwireProvider, { client: () => make() }, view.node)
    const { again } = await render(page())
    await again(page())
    expect(view.shown.client?.namespace).toBe('test')
    expect([made, closed]).toEqual([1, 0])
    await again(null)
    await settlePromises()
    expect([made, closed]).toEqual([1, 1])
  })

  it('unmounts during a map, and closes its client once the jobs are cancelled', async () => {
    const client = createTestClient<Tasks>()
    const atClose: string[] = []
    const close = async () => void atClose.push(...client.jobs.map(({ status }) => status))
    const view = probe(() => useMap('resize'))
    const page = createElement(JobwireProvider, { client: async () => ({ ...client, close }) }, view.node)
    const { again } = await render(page)
    await act(async () => void view.shown.run([{ key: 'a' }, { key: 'b' }]))
    await settlePromises()
    await again(null)
    await settlePromises()
    expect(atClose).toEqual(['cancelled', 'cancelled'])
  })

  it('accepts the promise of a client, which stays open', async () => {
    const client = createTestClient<Tasks>()
    const view = probe(() => useJobwire())
    const promise = Promise.resolve(client)
    const { again } = await render(createElement(JobwireProvider, { client: promise }, view.node))
    expect(view.shown.client).toBe(client)
    await again(null)
    expect(await client.counts()).toMatchObject({ total: 0 })
  })

  it('shows why there is no client, and tries again with the next submit', async () => {
    const client = createTestClient<Tasks>()
    let fails = true
    const connect = async () => {
      if (fails) throw new Error('no network')
      return client
    }
    const view = probe(() => ({ ...useSubmit('sweep'), wire: useJobwire() }))
    await render(createElement(JobwireProvider, { client: connect }, view.node))
    expect(view.shown.wire).toMatchObject({ client: undefined, error: { message: 'no network' } })
    await act(async () => void (await view.shown.submit()))
    expect(view.shown.error?.message).toBe('no network')
    fails = false
    await act(async () => void (await view.shown.submit()))
    await settlePromises()
    expect(view.shown).toMatchObject({ status: 'pending', error: undefined, wire: { client } })
  })

  it('is required', () => {
    expect(() => renderToString(probe(() => useJobwire()).node)).toThrow('There is no <JobwireProvider>')
  })
})

describe('on the server', () => {
  it('renders without connecting, and hydrates to the same', async () => {
    const client = createTestClient<Tasks>({ tasks })
    const { id } = await client.submit('sweep')
    let made = 0
    const Show = () => {
      const { isLoading, output } = useJob<number>(id)
      return createElement('b', null, isLoading ? 'loading' : output)
    }
    const page = createElement(
      JobwireProvider,
      {
        client: async () => {
          made++
          return client
        },
      },
      createElement(Show),
    )
    const html = renderToString(page)
    expect(html).toBe('<b>loading</b>')
    expect(made).toBe(0)
    const container = newContainer()
    container.innerHTML = html
    await act(async () => void roots.push(hydrateRoot(container, page)))
    await settlePromises()
    expect(container.textContent).toBe('3')
  })
})

// @ts-expect-error -- there is no such task
const Wrong = () => useSubmit('resise')
// @ts-expect-error -- the input has the wrong type
const WrongInput = () => useSubmit('resize').submit({ key: 7 })
void [Wrong, WrongInput]
