import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { Cloud } from '../../../local/cloud.ts'
import { OWNER } from '../cloud/client-settings.ts'
import { CREDENTIALS_HANDLER, lambdaFunction, role, writeAssembly } from '../cloud/hand-made-assembly.ts'
import { credentialsOf, startAssembly } from '../cloud/start-assembly.ts'

const assembly = writeAssembly(
  { Resources: { Worker: lambdaFunction('WorkerRole', 'worker'), WorkerRole: role() } },
  { worker: CREDENTIALS_HANDLER },
)

let cloud: Cloud

beforeAll(async () => {
  cloud = await startAssembly(assembly)
})
afterAll(async () => {
  await cloud.close()
  assembly.remove()
})

async function ask(body: string, accessKeyId = OWNER.accessKeyId): Promise<{ status: number; text: string }> {
  const answer = await fetch(cloud.endpoint, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/us-east-1/sts/aws4_request, Signature=x`,
    },
  })
  return { status: answer.status, text: await answer.text() }
}

it('says who the caller is: the owner of the account, or the role of a function', async () => {
  const owner = await ask('Action=GetCallerIdentity&Version=2011-06-15')
  expect(owner.text).toContain(
    '<Arn>arn:aws:iam::000000000000:root</Arn><UserId>000000000000</UserId><Account>000000000000</Account>',
  )
  const { accessKeyId } = await credentialsOf(cloud, 'Worker')
  const worker = await ask('Action=GetCallerIdentity&Version=2011-06-15', accessKeyId)
  expect(worker.text).toContain('<Arn>arn:aws:sts::000000000000:assumed-role/WorkerRole/Worker</Arn>')
})

it('refuses what is not there by its name', async () => {
  const refused = await ask('Action=AssumeRole&Version=2011-06-15')
  expect(refused.status).toBe(400)
  expect(refused.text).toMatch(
    /<Code>UnknownOperationException<\/Code><Message>sts:AssumeRole is not available locally/,
  )
  expect((await ask('Version=2011-06-15')).text).toContain('<Code>MissingAction</Code>')
})
