/** Makes many calls at a time, and prints the warnings of Node, which Jest hides. */
import { setImmediate } from 'node:timers/promises'
import { connect } from '@jobwire/sdk'

const [url, token] = process.argv.slice(2) as [string, string]
const warnings: string[] = []
process.on('warning', ({ name, message }) => warnings.push(`${name}: ${message}`))

const jobs = await connect({ url, token })
const thirty = Array.from({ length: 30 }, (_, index) => index)
const { signal } = new AbortController()
await Promise.all(thirty.map(() => jobs.counts()))
await Promise.all(thirty.map(() => jobs.counts({ signal })))
await Promise.all(thirty.map((index) => jobs.run('echo', index, { signal })))
await jobs.submitMany(
  thirty.map((input) => ({ task: 'echo', input })),
  { signal },
)
await jobs.close()
await setImmediate()
console.log(JSON.stringify(warnings))
