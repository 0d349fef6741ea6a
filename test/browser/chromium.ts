import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { startCloudProcess, type CloudProcess } from '../support/cloud-process.ts'

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Chromium {
  readonly cloud: () => CloudProcess
  /** Opens a new page. Its errors are collected in `errors`. */
  readonly open: (
    url: string,
    prepare?: (page: Page) => Promise<void>,
  ) => Promise<{ readonly page: Page; readonly errors: readonly string[] }>
}

/** Defines tests in a Chromium with its own user, beside a local cloud. They are skipped if there is no Chromium. */
export function describeInChromium(name: string, define: (chromium: Chromium) => void): void {
  if (!existsSync(executablePath)) {
    const reason = `skipped: there is no Chromium at ${executablePath}; CHROMIUM_PATH may name another`
    console.warn(reason)
    it.skip(`${name} (${reason})`, () => {})
    return
  }
  describe(name, () => {
    const userData = mkdtempSync(join(tmpdir(), 'jobwire-chromium-'))
    let cloud: CloudProcess
    let browser: BrowserContext

    beforeAll(async () => {
      cloud = await startCloudProcess()
      browser = await chromium.launchPersistentContext(userData, { executablePath, args, headless: true })
    })
    afterAll(async () => {
      await browser?.close()
      await cloud?.stop()
      rmSync(userData, { recursive: true, force: true })
    })
    define({
      cloud: () => cloud,
      async open(url, prepare) {
        const page = await browser.newPage()
        const errors: string[] = []
        page.on('pageerror', (error) => errors.push(error.message))
        page.on('console', (message) => {
          if (message.type() === 'error') errors.push(message.text())
        })
        await prepare?.(page)
        await page.goto(url)
        return { page, errors }
      },
    })
  })
}
