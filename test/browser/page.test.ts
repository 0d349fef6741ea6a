import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createPageServer } from '../../examples/browser/server.ts'
import { listen, type Listening } from '../examples/listening.ts'
import { describeInChromium } from './chromium.ts'

describeInChromium('the example page in Chromium', ({ cloud, open }) => {
  let server: Listening

  beforeAll(async () => {
    server = await listen(createPageServer(cloud()))
  })
  afterAll(() => server?.close())

  it('submits, shows progress and gets the result, through a reload in the middle', async () => {
    const { page, errors } = await open(server.url)
    await page.waitForFunction('document.getElementById("start").onclick !== null')
    await page.click('#start')
    const percent = (at: number): Promise<unknown> => page.waitForFunction(`bar.value >= ${at}`)
    await percent(10)
    const id = await page.evaluate('localStorage.getItem("job")')
    await page.reload()
    // The page shows at once how far the job had come, and counts on from there.
    await percent(12)
    expect(await page.evaluate('localStorage.getItem("job")')).toBe(id)
    await page.waitForFunction('document.getElementById("end").value !== ""')
    expect(await page.textContent('#end')).toBe('Counted to 25')
    expect(await page.evaluate('localStorage.getItem("job")')).toBeNull()
    const { url, token } = cloud()
    const answer = await fetch(`${url}/jobs`, { headers: { authorization: `Bearer ${token}` } })
    // The submit after the reload did not run the job again.
    expect(((await answer.json()) as { jobs: unknown[] }).jobs).toMatchObject([{ id, attempts: 0, status: 'success' }])
    expect(errors).toEqual([])
  })
})
