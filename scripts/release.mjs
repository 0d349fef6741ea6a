// Publishes both packages: `npm run release -- 0.2.0`. With `--dry-run` it does all but publish, commit and tag.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
/** The SDK first: what is published last is there only if all went well. */
const PACKAGES = ['sdk', 'jobwire']
const args = process.argv.slice(2)
const dryRun = args.includes('--dry-run')
const version = args.find((arg) => !arg.startsWith('-'))

if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version ?? '')) end('Give the version: npm run release -- 0.2.0 [--dry-run]')
checkRepository()
setVersions()
step('npm', ['install', '--package-lock-only', '--ignore-scripts'])
step('npm', ['run', '--silent', 'check'])
step('npm', ['test'])
step('npm', ['run', '--silent', 'test:package'])
for (const folder of PACKAGES) publish(folder)
if (dryRun) {
  console.log(`\nrelease: ${version} would be published. Undo the new versions with: git checkout -- .`)
} else {
  step('git', ['commit', '--all', '--message', `Release ${version}`])
  step('git', ['tag', `v${version}`])
  console.log(`\nrelease: ${version} is published. Push the commit and the tag: git push --follow-tags`)
}

function checkRepository() {
  const { stdout } = spawnSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' })
  if (stdout.trim() !== '') end(`Commit or remove first what is not committed:\n${stdout}`)
  const changes = readFileSync(join(root, 'CHANGELOG.md'), 'utf8')
  if (!dryRun && !changes.includes(`## ${version}`)) {
    end(`CHANGELOG.md has no section "## ${version}". Name the section "Unreleased" so, and begin a new one.`)
  }
  for (const folder of PACKAGES) {
    const { name, repository } = readManifest(folder)
    if (!dryRun && provenance() && repository === undefined) {
      end(`${folder}/package.json has no "repository". npm compares it with the provenance of ${name}.`)
    }
  }
}

/** Both packages have one version, because the command line, the construct and the SDK speak one protocol. */
function setVersions() {
  for (const folder of ['.', ...PACKAGES]) {
    const path = join(root, folder, 'package.json')
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace(/^  "version": ".*?"/m, `  "version": "${version}"`))
  }
}

/** Skips a package that is published already, so that the command can be repeated when the second one has failed. */
function publish(folder) {
  const { name } = readManifest(folder)
  const { stdout } = spawnSync('npm', ['view', `${name}@${version}`, 'version'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (stdout.trim() === version) console.log(`\nrelease: ${name}@${version} is published already`)
  else step('npm', ['publish', ...publishOptions()], join(root, folder))
}

/** A version like 1.0.0-beta.1 must not become what `npm install` takes by default. */
function publishOptions() {
  return [
    '--access=public',
    ...(version.includes('-') ? ['--tag=next'] : []),
    ...(provenance() ? ['--provenance'] : []),
    ...(dryRun ? ['--dry-run'] : []),
  ]
}

/** npm can sign where a package comes from only in a CI that it knows, and that has an identity for it. */
function provenance() {
  return process.env.ACTIONS_ID_TOKEN_REQUEST_URL !== undefined || process.env.SIGSTORE_ID_TOKEN !== undefined
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
}

function step(command, commandArgs, cwd = root) {
  console.log(`\nrelease: ${command} ${commandArgs.join(' ')}`)
  const { status } = spawnSync(command, commandArgs, { cwd, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) end(`"${command} ${commandArgs.join(' ')}" failed. Nothing after it was done.`)
}

function end(message) {
  console.error(`release: ${message}`)
  process.exit(1)
}
