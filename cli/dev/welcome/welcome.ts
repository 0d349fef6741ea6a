import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { paint } from '../../output/colours.ts'
import { withParents } from '../../with-parents.ts'
import { exampleInput } from './example-input.ts'
import type { PlatformAddresses } from './platform-addresses.ts'

export interface WelcomeParts {
  readonly platforms: readonly PlatformAddresses[]
  /** The address for AWS calls. */
  readonly endpoint: string
  /** The folder of the project. */
  readonly folder: string
  readonly taskNames: readonly string[]
  /** The sources of the tasks. */
  readonly taskFiles: readonly string[]
  readonly colour: boolean
}

/** Writes the text that a user sees first: addresses, a token, and programs to paste. */
export function renderWelcome(parts: WelcomeParts): string {
  const { platforms, endpoint, colour } = parts
  const [first] = platforms
  const bold = (text: string): string => paint(text, 'bold', colour)
  if (first === undefined) {
    return `
${bold('Your stacks run on this machine.')} Ctrl-C stops them. None of them has a JobPlatform.

  AWS APIs   ${endpoint}   (aws --endpoint-url ${endpoint} sqs list-queues)
`
  }
  return `
${bold('Jobwire runs on this machine.')} Ctrl-C stops it.
${platforms.map((platform) => renderAddresses(platform, platforms.length > 1)).join('')}
  AWS APIs   ${endpoint}   (aws --endpoint-url ${endpoint} sqs list-queues)
${renderSnippets(first, parts)}`
}

function renderAddresses({ name, url, socketUrl, token }: PlatformAddresses, isOneOfMany: boolean): string {
  return `
${isOneOfMany ? `  ${name}\n` : ''}  REST       ${url}
  socket     ${socketUrl}
  token      ${token}
`
}

function renderSnippets({ url, token }: PlatformAddresses, parts: WelcomeParts): string {
  const example = chooseExample(parts)
  if (example === undefined) return ''
  const { task, input, guessed } = example
  const { value, note } = { value: toCode(input), note: guessed ? '   // put the input of your task here' : '' }
  return `
Submit a job with curl:

  curl ${url}/jobs -H 'Authorization: Bearer ${token}' \\
    -d '${JSON.stringify({ task, input }).replaceAll("'", String.raw`'\''`)}'

or from a program that has the result pushed to it (paste all of this):

cat > hello.mjs <<'END'
import { connect } from '@jobwire/sdk'

const jobs = await connect({
  url: '${url}',
  token: '${token}',
})
console.log(await jobs.run('${task}', ${value}))${note}
await jobs.close()
END
${prepareSdk(parts.folder)}node hello.mjs

`
}

interface Example {
  readonly task: string
  readonly input: unknown
  readonly guessed: boolean
}

/** Prefers a task of which an input can be told, and among them one that takes something. */
function chooseExample({ taskNames, taskFiles }: WelcomeParts): Example | undefined {
  const source = taskFiles
    .filter((file) => !/[\\/]node_modules[\\/]/.test(file) && existsSync(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  const examples = taskNames.map((task): Example => {
    const { value, guessed } = exampleInput(source, task)
    return { task, input: value, guessed }
  })
  const known = examples.filter(({ guessed }) => !guessed)
  return known.find(({ input }) => input !== null) ?? known[0] ?? examples[0]
}

function toCode(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return typeof value === 'string' ? quote(value) : JSON.stringify(value)
  }
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${toCode(field)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`
}

/** The repository has the SDK as sources, and a project may not have installed it yet. */
function prepareSdk(folder: string): string {
  if (existsSync(join(folder, 'sdk/src/index.ts'))) return 'npm run --silent build:sdk && '
  return hasPackage(folder) ? '' : 'npm install @jobwire/sdk && '
}

function hasPackage(folder: string): boolean {
  return withParents(folder).some((parent) => existsSync(join(parent, 'node_modules/@jobwire/sdk')))
}
