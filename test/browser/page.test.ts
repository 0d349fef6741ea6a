import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import { createPageServer } from '../../examples/browser/server.ts'
import { listen, type Listening } from '../examples/listening.ts'
import { startCloudProcess, type CloudProcess } from '../support/cloud-process.ts'

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const title = 'submits, shows progress and gets the result, through a reload in the middle'

if (existsSync(executablePath)) {
  describe('the example page in Chromium', () => {
    inChromium()
  })
} else {
  const reason = `skipped: there is no Chromium at ${executablePath}; CHROMIUM_PATH may name another`
  console.warn(reason)
  it.skip(`${title} (${reason})`, () => {})
}

function inChromium(): void {
  const userData = mkdtempSync(join(tmpdir(), 'jobwire-chromium-'))
  let cloud: CloudProcess
  let server: Listening
  let browser: BrowserContext

  beforeAll(async () => {
    cloud = await startCloudProcess()
    server = await listen(createPageServer(cloud))
    browser = await chromium.launchPersistentContext(userData, { executablePath, args, headless: true })
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await cloud?.stop()
    rmSync(userData, { recursive: true, force: true })
  })

  it(title, async () => {
    const page = await browser.newPage()
    const faults: unknown[] = []
    page.on('pageerror', (error) => faults.push(error.message))
    await page.goto(server.url)
    await page.waitForFunction('document.getElementById("start").onclick !== null')
    await page.click('#start')
    const percent = (at: number): Promise<unknown> => page.waitForFunction(`bar.value >= ${at}`)
    await percent(10)
    const id = await page.evaluate('localStorage.getItem("job")')
    await page.reload()
    // What was reached before is told at once; the count goes on from there.
    await percent(12)
    expect(await page.evaluate('localStorage.getItem("job")')).toBe(id)
    await page.waitForFunction('document.getElementById("end").value !== ""')
    expect(await page.textContent('#end')).toBe('Counted to 25')
    expect(await page.evaluate('localStorage.getItem("job")')).toBeNull()
    const answer = await fetch(`${cloud.url}/jobs`, { headers: { authorization: `Bearer ${cloud.token}` } })
    // The submit after the reload ran nothing anew.
    expect(((await answer.json()) as { jobs: unknown[] }).jobs).toMatchObject([{ id, attempts: 0, status: 'success' }])
    expect(faults).toEqual([])
  })
}
