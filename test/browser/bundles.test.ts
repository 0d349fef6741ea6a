import { afterEach, expect, it } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import type { Listening } from '../examples/listening.ts'
import { describeInChromium } from './chromium.ts'
import { bundle, servePage } from './page-server.ts'

/** Uses modules that are loaded later, and errors of three entries. */
const PROGRAM = `
  import { connect, JobError, JobwireError } from '@jobwire/sdk'
  import { createTestClient } from '@jobwire/sdk/testing'
  import { verifyWebhook } from '@jobwire/sdk/webhook'

  const text = async (path) => (await fetch(path)).text()
  const errorOf = (promise) => promise.then(() => 'none', (error) => error)

  globalThis.outcome = (async () => {
    const jobs = await connect({ url: await text('/url'), token: () => text('/token') })
    const greetings = await jobs.map('greet', [{ name: 'Ada' }, { name: 'Lin' }])
    const listed = await jobs.list({ limit: 2 })
    const failed = await errorOf(jobs.run('fail'))
    const refused = await errorOf(jobs.map('noop', [1], { concurrency: -1 }))
    const stood = createTestClient({ handlers: { fail: () => { throw new Error('No.') } } })
    const stoodFailed = await errorOf(stood.run('fail'))
    const unsigned = await errorOf(verifyWebhook('{}', {}, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'))
    await jobs.close()
    return {
      greetings,
      listed: listed.jobs.length,
      shared: [
        failed instanceof JobError,
        refused instanceof JobwireError,
        stoodFailed instanceof JobError,
        unsigned instanceof JobwireError,
      ],
    }
  })()
`

const IMPORT_MAP = JSON.stringify({
  imports: {
    '@jobwire/sdk': '/browser.js',
    '@jobwire/sdk/testing': '/testing.js',
    '@jobwire/sdk/webhook': '/webhook.js',
  },
})

/** Returns the files as a static server would give them. */
function published(): Map<string, string> {
  const folder = 'sdk/dist/esm'
  const names = readdirSync(folder).filter((name) => name.endsWith('.js'))
  return new Map(names.map((name) => [`/${name}`, readFileSync(`${folder}/${name}`, 'utf8')]))
}

const WAYS: [string, () => Promise<[html: string, files: ReadonlyMap<string, string>]>][] = [
  [
    'straight from a static server',
    async () => {
      const html = `<script type="importmap">${IMPORT_MAP}</script><script type="module">${PROGRAM}</script>`
      return [html, published()]
    },
  ],
  [
    'bundled, with later modules in files of their own',
    async () => {
      const files = await bundle(PROGRAM, { splitting: true, minify: true })
      expect([...files.keys()].filter((path) => /calls/.test(path))).toHaveLength(1)
      return ['<script type="module" src="/page.js"></script>', files]
    },
  ],
  [
    'bundled in one file',
    async () => {
      const files = await bundle(PROGRAM, { minify: true })
      expect([...files.keys()]).toEqual(['/page.js'])
      return ['<script type="module" src="/page.js"></script>', files]
    },
  ],
]

describeInChromium('the SDK in Chromium', ({ cloud, open }) => {
  let listening: Listening | undefined

  afterEach(() => listening?.close())

  it.each(WAYS)('works %s, and its entries share their errors', async (_name, make) => {
    listening = await servePage(...(await make()), cloud())
    const { page, errors } = await open(listening.url)
    await page.waitForFunction('globalThis.outcome !== undefined')
    expect(await page.evaluate('outcome')).toEqual({
      greetings: ['Hello, Ada!', 'Hello, Lin!'],
      listed: 2,
      shared: [true, true, true, true],
    })
    expect(errors).toEqual([])
  })
})
