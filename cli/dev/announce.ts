import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { DevCloud } from './dev-cloud.ts'
import type { DevOptions } from './dev-options.ts'
import type { TaskDescription } from './live-tasks.ts'
import { openPlatforms, type PlatformAddresses } from './platform-addresses.ts'
import type { Project } from './project.ts'
import type { Screen } from './screen.ts'
import { renderStandIns, renderWelcome } from './welcome.ts'

export interface AnnounceParts {
  readonly project: Project
  readonly screen: Screen
  readonly cloud: DevCloud
  readonly tasks: TaskDescription
}

/** Tells people and programs where the cloud is. */
export async function announce(
  { json, colour, namespace }: DevOptions,
  { project, screen, cloud: { cloud }, tasks }: AnnounceParts,
): Promise<void> {
  const { endpoint, outputs, standIns } = cloud
  const platforms = await openPlatforms(cloud, namespace)
  const [first] = platforms
  if (first !== undefined) writeDevFile(project.work.devFile, first, endpoint)
  const notRun = renderStandIns(standIns, colour)
  if (notRun !== '') screen.print(notRun)
  if (json) {
    const { url, socketUrl, token } = first ?? {}
    process.stdout.write(`${JSON.stringify({ url, socketUrl, token, endpoint, outputs })}\n`)
    return
  }
  screen.print(renderWelcome({ platforms, endpoint, folder: project.app.folder, colour, ...tasks }))
}

/** Writes the file by which other commands find the cloud. It is removed when this process ends. */
function writeDevFile(file: string, { url, socketUrl, token }: PlatformAddresses, endpoint: string): void {
  writeFileSync(file, JSON.stringify({ url, socketUrl, endpoint, token, pid: process.pid }), { mode: 0o600 })
  // It may have been there with other permissions.
  chmodSync(file, 0o600)
  process.on('exit', () => {
    if (isOwn(file)) rmSync(file)
  })
}

/** Another process may run in the same project, and its file counts from then on. */
function isOwn(file: string): boolean {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { pid?: number }).pid === process.pid
  } catch {
    return false
  }
}
