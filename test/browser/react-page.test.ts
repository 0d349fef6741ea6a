import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import type { Page, WebSocketRoute } from 'playwright-core'
import { createReactServer } from '../../examples/react/server.ts'
import { listen, type Listening } from '../examples/listening.ts'
import { describeInChromium } from './chromium.ts'
import { bundle, servePage } from './page-server.ts'

describeInChromium('the React example in Chromium', ({ cloud, open }) => {
  const opened: Listening[] = []
  let server: Listening

  beforeAll(async () => {
    server = await listen(createReactServer(cloud()))
  })
  afterEach(async () => {
    for (const listening of opened.splice(0)) await listening.close()
  })
  afterAll(() => server?.close())

  const shows = (page: Page, selector: string, text: string): Promise<unknown> =>
    page.waitForFunction(`document.querySelector(${JSON.stringify(selector)})?.textContent === ${JSON.stringify(text)}`)
  const percent = (page: Page, at: number): Promise<unknown> =>
    page.waitForFunction(`document.querySelector('#count progress').value >= ${at}`)

  async function jobsOf(task: string): Promise<{ id: string; attempts: number; status: string }[]> {
    const { url, token } = cloud()
    const answer = await fetch(`${url}/jobs?limit=1000`, { headers: { authorization: `Bearer ${token}` } })
    const { jobs } = (await answer.json()) as { jobs: { id: string; task: string; attempts: number; status: string }[] }
    return jobs.filter((job) => job.task === task)
  }

  it('submits under StrictMode once, and goes on by the id after a reload in the middle', async () => {
    const { page, errors } = await open(server.url)
    await page.click('#count button')
    await percent(page, 10)
    const id = await page.evaluate('localStorage.getItem("job")')
    await page.reload()
    await percent(page, 12)
    expect(await page.evaluate('localStorage.getItem("job")')).toBe(id)
    await shows(page, '#count output', 'Counted to 25')
    expect(await jobsOf('count')).toMatchObject([{ id, attempts: 0, status: 'success' }])
    await page.waitForFunction('localStorage.getItem("job") === null')
    expect(errors).toEqual([])
  })

  it('shows how far a map is, and its values', async () => {
    const { page, errors } = await open(server.url)
    await page.evaluate(`
      const bar = document.querySelector('#words progress')
      globalThis.seen = []
      new MutationObserver(() => seen.push(bar.value)).observe(bar, { attributes: true })
    `)
    await page.click('#words button')
    await shows(page, '#words output', '4920 words')
    const seen = (await page.evaluate('seen')) as number[]
    expect(seen).toEqual(seen.toSorted((one, other) => one - other))
    expect(seen.filter((done) => done > 0 && done < 40)).not.toEqual([])
    expect(seen.at(-1)).toBe(40)
    expect(await jobsOf('wordCount')).toHaveLength(40)
    expect(errors).toEqual([])
  })

  it('shows the error of a job that fails', async () => {
    const { page, errors } = await open(server.url)
    await page.click('#failure button')
    await shows(page, '#failure output', 'OUT_OF_PAPER: Fill the tray.')
    expect(errors).toEqual([])
  })

  it('shows a light while the connection is gone, and the job goes on', async () => {
    const sockets: WebSocketRoute[] = []
    const { page } = await open(server.url, (before) =>
      before.routeWebSocket(/.*/, (socket) => {
        sockets.push(socket)
        socket.connectToServer()
      }),
    )
    await page.evaluate(`
      globalThis.lights = []
      const light = document.getElementById('light')
      new MutationObserver(() => lights.push(light.textContent)).observe(light, { characterData: true, subtree: true })
    `)
    await page.click('#count button')
    await percent(page, 10)
    await sockets.at(-1)!.close({ code: 4000 })
    await shows(page, '#count output', 'Counted to 25')
    const lights = (await page.evaluate('lights')) as string[]
    expect(lights.slice(lights.indexOf('offline'))).toEqual(['offline', 'reconnecting', 'online'])
    expect(sockets).toHaveLength(2)
  })

  it('leaves nothing behind when it is unmounted in the middle of a job and a map', async () => {
    const files = await bundle(`
      import { StrictMode } from 'react'
      import { createRoot } from 'react-dom/client'
      import { JobwireProvider, useMap, useSubmit } from './examples/react/hooks.ts'
      import { connect } from '@jobwire/sdk'
      const text = async (path) => (await fetch(path)).text()
      function Busy() {
        const { submit, status } = useSubmit('count')
        const { run, progress } = useMap('wait')
        globalThis.begin = () => {
          void submit({ to: 200, everyMs: 100 })
          void run([0, 20_000, 20_001].map((ms) => ({ ms })))
        }
        return <p id="busy">{status} {progress?.succeeded}</p>
      }
      const root = createRoot(document.getElementById('root'))
      globalThis.leave = () => root.unmount()
      const client = async () => connect({ url: await text('/url'), token: () => text('/token') })
      root.render(<StrictMode><JobwireProvider client={client}><Busy /></JobwireProvider></StrictMode>)
    `)
    const listening = await servePage(
      '<div id="root"></div><script type="module" src="/page.js"></script>',
      files,
      cloud(),
    )
    opened.push(listening)
    let live = 0
    let most = 0
    const { page, errors } = await open(listening.url, async (before) => {
      before.on('websocket', (socket) => {
        most = Math.max(most, ++live)
        socket.on('close', () => live--)
      })
    })
    await page.evaluate('begin()')
    await shows(page, '#busy', 'running 1')
    expect([live, most]).toEqual([1, 1])
    await page.evaluate('leave()')
    // The map's jobs are cancelled. The job of the submit goes on, because nobody cancelled it.
    const cancelled = async (): Promise<number> =>
      (await jobsOf('wait')).filter(({ status }) => status === 'cancelled').length
    await until(async () => live === 0 && (await cancelled()) === 2)
    expect((await jobsOf('count')).map(({ status }) => status)).not.toContain('cancelled')
    expect(await page.textContent('#root')).toBe('')
    expect([live, most]).toEqual([0, 1])
    expect(errors).toEqual([])
  })

  it('is rendered on a server without touching the network, and hydrated in the page', async () => {
    const rendering = await bundle(
      `
      import net from 'node:net'
      import { renderToString } from 'react-dom/server'
      import { App } from './examples/react/app.tsx'
      import { useJob, JobwireProvider } from './examples/react/hooks.ts'
      let calls = 0
      globalThis.fetch = net.Socket.prototype.connect = () => { calls++; throw new Error('No network here.') }
      const Waiting = () => String(useJob('known').isLoading)
      const client = () => fetch('/')
      const waiting = renderToString(<JobwireProvider client={client}><Waiting /></JobwireProvider>)
      const html = renderToString(<App />)
      setImmediate(() => console.log(JSON.stringify({ html, waiting, calls })))
      `,
      { platform: 'node' },
    )
    const { stdout, stderr } = spawnSync(process.execPath, ['-'], {
      input: rendering.get('/page.js')!,
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    const { html, waiting, calls } = JSON.parse(stdout) as { html: string; waiting: string; calls: number }
    expect({ waiting, calls }).toEqual({ waiting: 'true', calls: 0 })
    expect(html).toContain('<p id="light">connecting</p>')
    const files = await bundle(`
      import { StrictMode } from 'react'
      import { hydrateRoot } from 'react-dom/client'
      import { App } from './examples/react/app.tsx'
      hydrateRoot(document.getElementById('root'), <StrictMode><App /></StrictMode>)
    `)
    const page = `<div id="root">${html}</div><script type="module" src="/page.js"></script>`
    const listening = await servePage(page, files, cloud())
    opened.push(listening)
    const hydrated = await open(listening.url)
    await shows(hydrated.page, '#light', 'ready')
    await hydrated.page.click('#failure button')
    await shows(hydrated.page, '#failure output', 'OUT_OF_PAPER: Fill the tray.')
    // React writes to the console if the server rendered something else.
    expect(hydrated.errors).toEqual([])
  })
})

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50))
}
