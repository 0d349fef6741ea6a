// Uses the packed SDK, beside a local cloud, on the other supported versions of Node. Each comes from the registry.
import { spawnSync } from 'node:child_process'

const VERSIONS = ['22.23.3', '24.21.0']

const system = process.platform === 'win32' ? 'win' : process.platform
let failed = 0
for (const version of VERSIONS) {
  console.log(`package: on Node ${version}`)
  const packaged = `--package=node-${system}-${process.arch}@${version}`
  // The version is asserted, because an exec that falls back to this Node must not pass as another version.
  const program = `node -e "if (process.version !== 'v${version}') process.exit(9)" && node test/package/packed-sdk.mjs`
  const { status } = spawnSync('npm', ['exec', '--yes', packaged, '-c', program], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) failed++
}
process.exitCode = failed
