import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openLambdaCloud } from './lambda-cloud.ts'
import type { LambdaCloud } from './lambda-cloud.ts'

const answers = (value: string): string => `exports.handler = async () => '${value}'`
/** Returns once the test has made the file that the event names. */
const waits = (value: string): string => `
  const { existsSync } = require('node:fs')
  exports.handler = async ({ file }) => {
    console.log('${value} waits for', file)
    while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5))
    return '${value}'
  }`

describe('new code for a function that runs', () => {
  let cloud: LambdaCloud
  beforeEach(() => {
    cloud = openLambdaCloud({ maxEnvironmentsPerFunction: 1 })
  })
  afterEach(() => cloud.close())

  function writeCode(folder: string, source: string): string {
    const directory = join(cloud.folder, folder)
    mkdirSync(directory)
    writeFileSync(join(directory, 'index.js'), source)
    return directory
  }

  it('runs in the next invocation, in place of the warm environments', async () => {
    const greets = await cloud.define('Greets', answers('old'))
    expect((await cloud.run(greets)).value).toBe('old')
    cloud.lambda.updateCode('Greets', writeCode('second', answers('new')))
    expect((await cloud.run(greets)).value).toBe('new')
    cloud.lambda.updateCode('Greets', writeCode('third', answers('newest')))
    expect((await cloud.run(greets)).value).toBe('newest')
  })

  it('runs at once beside an invocation that finishes with the old code', async () => {
    const slow = await cloud.define('Slow', waits('old'))
    const [first, second] = [`${cloud.folder}/first`, `${cloud.folder}/second`]
    const underWay = cloud.run(slow, { file: first })
    await cloud.logged(`old waits for ${first}`)
    cloud.lambda.updateCode('Slow', writeCode('new', waits('new')))
    // One environment is the limit. The old one does not count.
    const next = cloud.run(slow, { file: second })
    await cloud.logged(`new waits for ${second}`)
    writeFileSync(second, '')
    expect((await next).value).toBe('new')
    writeFileSync(first, '')
    expect((await underWay).value).toBe('old')
  })

  it('runs for callers that wait for an environment', async () => {
    const starts = await cloud.define('Starts', answers('old'))
    const called = cloud.run(starts)
    const waiting = cloud.run(starts)
    cloud.lambda.updateCode('Starts', writeCode('newer', answers('new')))
    expect([(await called).value, (await waiting).value]).toEqual(['new', 'new'])
  })
})
