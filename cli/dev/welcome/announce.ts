import type { Cloud } from '../../../local/cloud.ts'
import { writeDevFile } from '../../target/dev-file.ts'
import type { Screen } from '../screen/screen.ts'
import { renderStandIns } from '../screen/stand-ins.ts'
import { openPlatforms } from './platform-addresses.ts'
import { renderWelcome, type WelcomeParts } from './welcome.ts'

export interface Announcement extends Pick<WelcomeParts, 'folder' | 'taskNames' | 'taskFiles'> {
  readonly cloud: Pick<Cloud, 'endpoint' | 'outputs' | 'standIns'>
  readonly screen: Screen
  /** The namespace of the token. */
  readonly namespace: string
  /** True to print one line of JSON instead of the welcome, for programs. */
  readonly json: boolean
}

/** Tells people and programs where the cloud is. */
export async function announce({ cloud, screen, namespace, json, ...parts }: Announcement): Promise<void> {
  const { endpoint, outputs, standIns } = cloud
  const { colour } = screen
  const platforms = await openPlatforms(cloud, namespace)
  const [first] = platforms
  const { url, socketUrl, token } = first ?? {}
  if (first !== undefined)
    writeDevFile(parts.folder, { url: first.url, socketUrl: first.socketUrl, endpoint, token: first.token })
  const notRun = renderStandIns(standIns, colour)
  if (notRun !== '') screen.print(notRun)
  if (json) process.stdout.write(`${JSON.stringify({ url, socketUrl, token, endpoint, outputs })}\n`)
  else screen.print(renderWelcome({ platforms, endpoint, colour, ...parts }))
}
