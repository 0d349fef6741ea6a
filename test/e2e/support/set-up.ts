import { readLocalTokenSecret } from '../../../cli/token.ts'
import { startCloudProcess, type CloudProcess } from '../../support/cloud-process.ts'

declare global {
  // Passed from jest's set-up to its tear-down, which share a process and nothing else.
  var e2eCloud: CloudProcess | undefined
}

/** Starts the default target, a local cloud, unless the environment already names another. */
export default async function setUp(): Promise<void> {
  if (process.env.JOBWIRE_TARGET !== undefined) return
  const cloud = await startCloudProcess()
  globalThis.e2eCloud = cloud
  Object.assign(process.env, {
    JOBWIRE_TARGET: 'local',
    JOBWIRE_URL: cloud.url,
    JOBWIRE_SOCKET_URL: cloud.socketUrl,
    JOBWIRE_ENDPOINT: cloud.endpoint,
    JOBWIRE_TOKEN_SECRET: await readLocalTokenSecret(cloud.outputs.TokenSecretArn!, cloud.endpoint),
  })
}
