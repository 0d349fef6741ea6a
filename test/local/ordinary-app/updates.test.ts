import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterEach, describe, expect, it } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { clientSettings } from '../../conformance/cloud/client-settings.ts'
import { startOrdinaryApp, waitUntil, type RunningApp } from './running-app.ts'

let app: RunningApp
afterEach(() => app.close())

const greeting = async (): Promise<unknown> => (await app.invoke(app.cloud.outputs['GreeterName']!)).body['greeting']

describe('an update of a running cloud', () => {
  it('changes what has changed, and keeps data, sockets and queues', async () => {
    app = await startOrdinaryApp()
    await app.put('kept')
    const socket = new WebSocket(app.cloud.outputs['SocketUrl']!)
    await once(socket, 'open')
    expect(await greeting()).toBe('hello')

    const summary = await app.update({
      greeting: 'good day',
      alarm: false,
      index: true,
      batchSize: 2,
      extraQueue: true,
    })

    expect(await greeting()).toBe('good day')
    expect(await app.has('kept')).toBe(true)
    expect(socket.readyState).toBe(WebSocket.OPEN)
    const answer = once(socket, 'message')
    socket.send('{}')
    await answer
    socket.terminate()
    expect(summary.created).toEqual([expect.stringMatching(/^Data\/Extra/)])
    expect(summary.replaced).toEqual([])
    expect(summary.removed).toEqual([expect.stringMatching(/^Service\/Failures/)])
    expect(summary.updated).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Data\/Table/),
        expect.stringMatching(/^Service\/Greeter/),
        expect.stringMatching(/^Service\/WriterSqsEventSource/),
      ]),
    )
    const client = new DynamoDBClient(clientSettings(app.cloud.endpoint))
    const { Table } = await client.send(new DescribeTableCommand({ TableName: app.cloud.outputs['TableName'] }))
    client.destroy()
    expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName)).toEqual(['byOwner'])
    const extra = Object.values(app.cloud.stacks['Data']!.resources).find(({ ref }) => ref.endsWith('/extra'))
    await app.send('into the new queue', extra!.ref)
    await app.send('after-the-update')
    await waitUntil(() => app.has('after-the-update'))
    expect(app.cloud.standIns.some(({ type }) => type === 'AWS::CloudWatch::Alarm')).toBe(false)
  })

  it('does nothing if nothing has changed, and removes what is gone', async () => {
    app = await startOrdinaryApp({ extraQueue: true })
    const none = { created: [], updated: [], replaced: [], removed: [], warnings: [] }
    expect(await app.update({ extraQueue: true })).toEqual(none)
    await app.send('never received', `${app.cloud.endpoint}/000000000000/extra`)
    const summary = await app.update({})
    expect(summary.removed).toEqual([expect.stringMatching(/^Data\/Extra/)])
    expect(summary.warnings).toEqual([
      expect.stringMatching(/^Data\/Extra\w+ \(AWS::SQS::Queue\) is removed, with its 1 message\./),
    ])
    await expect(app.send('x', `${app.cloud.endpoint}/000000000000/extra`)).rejects.toThrow(/queue does not exist/)
  })

  it('makes a table with other keys anew, and says that its items are lost', async () => {
    app = await startOrdinaryApp()
    await app.put('lost')
    const summary = await app.update({ tableKey: 'key' })
    expect(summary.replaced).toEqual([expect.stringMatching(/^Data\/Table/)])
    expect(summary.warnings).toEqual([expect.stringMatching(/^Data\/Table\w+ .* made anew, without its items\.$/)])
    expect(app.log.join('\n')).toMatch(/warn cloud: Data\/Table\w+ .*made anew/)
  })

  it('that cannot work changes nothing, and says why', async () => {
    app = await startOrdinaryApp()
    await app.put('kept')
    // The trial finds it: the account must keep some concurrency for all other functions.
    const broken = { greeting: 'never', reservedConcurrency: 950, extraQueue: true }
    await expect(app.update(broken)).rejects.toThrow(/leaves 50 of the account/)
    expect(await greeting()).toBe('hello')
    expect(await app.has('kept')).toBe(true)
    expect(Object.keys(app.cloud.stacks['Data']!.resources).some((id) => id.startsWith('Extra'))).toBe(false)
    await app.send('still-served')
    await waitUntil(() => app.has('still-served'))
    expect((await app.update({ greeting: 'later' })).updated).not.toEqual([])
    expect(await greeting()).toBe('later')
  })
})

it('new code of one function runs at once, until an update brings the code of the assembly back', async () => {
  app = await startOrdinaryApp()
  const folder = mkdtempSync(join(tmpdir(), 'jobwire-code-'))
  const [logicalId] = Object.entries(app.cloud.stacks['Service']!.resources).find(
    ([, { type, ref }]) => type === 'AWS::Lambda::Function' && ref === app.cloud.outputs['GreeterName'],
  )!
  for (const text of ['first', 'second', 'third']) {
    const directory = join(folder, text)
    mkdirSync(directory)
    writeFileSync(join(directory, 'index.js'), `exports.handler = async () => ({ greeting: '${text}' })`)
    await app.cloud.updateFunctionCode('Service', logicalId, directory)
    expect(await greeting()).toBe(text)
  }
  await app.update({})
  expect(await greeting()).toBe('hello')
  await expect(app.cloud.updateFunctionCode('Service', 'Other', folder)).rejects.toThrow(/no function .* Other/)
  rmSync(folder, { recursive: true })
})
