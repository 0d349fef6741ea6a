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
  /** A new page; what goes wrong in it is in `faults`. */
  readonly open: (
    url: string,
    prepare?: (page: Page) => Promise<void>,
  ) => Promise<{ readonly page: Page; readonly faults: readonly string[] }>
}

/** Tests in a Chromium with a user of its own, beside a local cloud; skipped by name where there is no Chromium. */
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
        const faults: string[] = []
        page.on('pageerror', (error) => faults.push(error.message))
        page.on('console', (message) => {
          if (message.type() === 'error') faults.push(message.text())
        })
        await prepare?.(page)
        await page.goto(url)
        return { page, faults }
      },
    })
  })
}
