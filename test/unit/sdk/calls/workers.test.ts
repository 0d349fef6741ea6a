import { describe, expect, it } from '@jest/globals'
import { usePeer } from '../../peer/connect-to-peer.ts'
import { workerOf } from '../../fakes/memory-workers.ts'

const setup = usePeer()
const paths = () => setup.peer.requests.slice(1).map(({ method, path }) => `${method} ${path}`)

/** Two pages with an empty one between them, as if many workers were gone. */
function answerPages(): void {
  setup.peer.onRequest = ({ path }) => {
    if (!path.startsWith('/workers')) return undefined
    if (path.includes('after=a%3A9')) return [200, { workers: [workerOf('b:1')] }]
    if (path.includes('after=a%3A1')) return [200, { workers: [], next: 'a:9' }]
    return [200, { workers: [workerOf('a:1')], next: 'a:1' }]
  }
}

describe('workers', () => {
  it('that are awaited are one page', async () => {
    answerPages()
    const jobs = await setup.connect()
    expect(await jobs.workers({ queue: 'a', limit: 1 })).toEqual({ workers: [workerOf('a:1')], next: 'a:1' })
    expect(paths()).toEqual(['GET /workers?queue=a&limit=1'])
  })

  it('in a loop are all, even those after an empty page', async () => {
    answerPages()
    const jobs = await setup.connect()
    const ids: string[] = []
    for await (const { id } of jobs.workers()) ids.push(id)
    expect(ids).toEqual(['a:1', 'b:1'])
    expect(paths()).toEqual(['GET /workers', 'GET /workers?after=a%3A1', 'GET /workers?after=a%3A9'])
  })

  it('are not asked for with an unknown option, nor after an abort', async () => {
    const jobs = await setup.connect()
    await expect(jobs.workers({ lane: 'a' } as object)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(jobs.workers({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(paths()).toEqual([])
  })
})
