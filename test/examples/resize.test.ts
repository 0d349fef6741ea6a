import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { connect, type Jobwire } from '@jobwire/sdk'
import sharp from 'sharp'
import type { tasks } from '../../examples/resize/tasks.ts'
import { deployStack, type DeployedStack, synthesizeWith } from '../support/deployed-stack.ts'

describe('the example with native code', () => {
  let stack: DeployedStack
  let jobs: Jobwire<typeof tasks>

  beforeAll(async () => {
    process.env.JOBWIRE_EXTERNAL_MODULES = '["sharp"]'
    process.env.JOBWIRE_LAYERS = '["arn:aws:lambda:us-east-1:123456789012:layer:sharp:1"]'
    stack = await deployStack(await synthesizeWith({ tasksPath: 'examples/resize/tasks.ts' }))
    jobs = await connect<typeof tasks>({ url: stack.restUrl, token: await stack.token('native', 3_600) })
  }, 60_000)
  afterAll(async () => {
    delete process.env.JOBWIRE_EXTERNAL_MODULES
    delete process.env.JOBWIRE_LAYERS
    await jobs.close()
    await stack.close()
  })

  it('resizes an image, to the width that its schema fills in', async () => {
    const square = sharp({ create: { width: 1_280, height: 1_280, channels: 3, background: 'teal' } })
    const image = (await square.png().toBuffer()).toString('base64')
    const resized = await jobs.run('resize', { image })
    expect(resized).toMatchObject({ width: 640, height: 640 })
    expect(await sharp(Buffer.from(resized.image, 'base64')).metadata()).toMatchObject({ width: 640, format: 'png' })
    await expect(jobs.submit('resize', { image: 'no base64!' })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })
})
