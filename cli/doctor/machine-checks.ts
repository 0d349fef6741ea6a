import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { collectSettings, refuseTopLevelSettings } from '../../lib/collect-settings.ts'
import { parseSettings } from '../../lib/settings.ts'
import { withParents } from '../with-parents.ts'
import { type Check, failed, info, ok } from './check.ts'

const OLDEST_NODE = 20

/** Checks this machine and the project of the folder. */
export function checkMachine(folder: string): Check[] {
  return [checkNode(process.versions.node), ...checkPackages(folder), ...checkSettings(folder)]
}

export function checkNode(version: string): Check {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return ok('Node', version)
  return failed('Node', version, `Install Node ${OLDEST_NODE} or later: https://nodejs.org`)
}

/** The SDK and the platform of one version speak the same protocol. */
export function checkPackages(folder: string): Check[] {
  const sdk = installedVersion(folder, '@jobwire/sdk')
  const jobwire = installedVersion(folder, 'jobwire')
  const cdk = installedVersion(folder, 'aws-cdk-lib')
  const texts = Object.entries({ '@jobwire/sdk': sdk, jobwire, 'aws-cdk-lib': cdk }).flatMap(([name, version]) =>
    version === undefined ? [] : [`${name} ${version}`],
  )
  if (texts.length === 0) return [info('packages', 'This folder has no project with Jobwire.')]
  if (sdk !== undefined && jobwire !== undefined && sdk !== jobwire) {
    const advice = `Install the same version of both: npm install @jobwire/sdk@${jobwire}`
    return [failed('packages', texts.join(', '), advice)]
  }
  return [ok('packages', texts.join(', '))]
}

/** Returns the version that Node would find from the folder. */
function installedVersion(folder: string, name: string): string | undefined {
  const paths = withParents(folder).map((parent) => join(parent, 'node_modules', name, 'package.json'))
  const path = paths.find((each) => existsSync(each))
  return path === undefined ? undefined : (JSON.parse(readFileSync(path, 'utf8')) as { version?: string }).version
}

/** Checks the settings that `cdk.json` and the variables give. Those of props are known to the app alone. */
export function checkSettings(folder: string, environment: NodeJS.ProcessEnv = process.env): Check[] {
  const path = join(folder, 'cdk.json')
  if (!existsSync(path)) return []
  try {
    refuseTopLevelSettings(folder)
    const file = JSON.parse(readFileSync(path, 'utf8')) as { context?: { jobwire?: unknown } }
    parseSettings(collectSettings({ context: file.context?.jobwire, environment }))
    return [ok('settings', 'The settings of cdk.json and of the variables are valid.')]
  } catch (error) {
    return [failed('settings', (error as Error).message, 'Correct it as docs/SETTINGS.md says.')]
  }
}
