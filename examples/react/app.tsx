// Jobs in a React page: one that shows its progress and goes on after a reload, many at once, and one that fails.
import { connect, type ConnectionEvent } from '@jobwire/sdk'
import { useEffect, useState } from 'react'
import type { tasks } from '../../tasks/index.ts'
import { JobwireProvider, useJob, useJobwire, useMap, useSubmit } from './hooks.ts'

const text = async (path: string) => (await fetch(path)).text()

export function App() {
  return (
    <JobwireProvider
      client={async () => connect<typeof tasks>({ url: await text('/url'), token: () => text('/token') })}
    >
      <Light />
      <Count />
      <Words />
      <Failure />
    </JobwireProvider>
  )
}

const EVENTS: readonly ConnectionEvent[] = ['online', 'offline', 'reconnecting']

/** Shows the state of the connection. The page need not do anything while it is gone. */
function Light() {
  const { client, error } = useJobwire()
  const [state, setState] = useState<ConnectionEvent>()
  useEffect(() => {
    const ends = EVENTS.map((event) => client?.on(event, () => setState(event)))
    return () => ends.forEach((end) => end?.())
  }, [client])
  return <p id="light">{error?.message ?? (client ? (state ?? 'ready') : 'connecting')}</p>
}

/** Keeps the id beyond the page, so that a reloaded page follows the same job. */
function Count() {
  const { submit, error: refused } = useSubmit('count')
  const [id, setId] = useState<string | null>(null)
  useEffect(() => setId(localStorage.getItem('job')), [])
  const { progress, output, error } = useJob<number>(id)
  const hasEnded = output !== undefined || error !== undefined
  useEffect(() => {
    if (hasEnded) localStorage.removeItem('job')
  }, [hasEnded])
  const start = async () => {
    const job = await submit({ to: 25, everyMs: 100 })
    if (job === undefined) return
    localStorage.setItem('job', job.id)
    setId(job.id)
  }
  const problem = refused ?? error
  return (
    <section id="count">
      <button onClick={() => void start()}>Count</button>
      <progress value={progress?.percent ?? 0} max={100} />
      <output>
        {output !== undefined && `Counted to ${output}`}
        {problem && `${problem.code}: ${problem.message}`}
      </output>
    </section>
  )
}

const TEXTS = Array.from({ length: 40 }, (_, index) => ({ text: 'to be or not to be '.repeat(index + 1) }))

/** A map ends with its component, and cancels the jobs that have not ended. */
function Words() {
  const { run, cancel, progress, values, error, isLoading } = useMap('wordCount')
  return (
    <section id="words">
      <button onClick={() => void run(TEXTS)} disabled={isLoading}>
        Count the words of {TEXTS.length} texts
      </button>
      <button onClick={cancel} disabled={!isLoading}>
        Stop
      </button>
      <progress value={progress?.succeeded ?? 0} max={TEXTS.length} />
      <output>
        {values && `${values.reduce((sum, { words }) => sum + words, 0)} words`}
        {error?.message}
      </output>
    </section>
  )
}

function Failure() {
  const { submit, error, isLoading } = useSubmit('fail')
  return (
    <section id="failure">
      <button onClick={() => void submit({ code: 'OUT_OF_PAPER', message: 'Fill the tray.' })} disabled={isLoading}>
        Print
      </button>
      <output role="alert">{error && `${error.code}: ${error.message}`}</output>
    </section>
  )
}
