import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cloud } from '../../local/cloud.ts'
import { startAssembly } from '../conformance/cloud/start-assembly.ts'
import { findAwsPython, startAws, type AwsAnswer, type AwsProcess } from './command-line/aws-process.ts'
import { argumentsOf, isTooOld, type CallTable, type Values } from './command-line/calls.ts'
import { writeStack } from './command-line/stack.ts'
import { apigateway } from './command-line/tables/apigateway.ts'
import { apigatewayv2 } from './command-line/tables/apigatewayv2.ts'
import { cloudformation } from './command-line/tables/cloudformation.ts'
import { dynamodb } from './command-line/tables/dynamodb.ts'
import { iam } from './command-line/tables/iam.ts'
import { lambda } from './command-line/tables/lambda.ts'
import { logs } from './command-line/tables/logs.ts'
import { s3 } from './command-line/tables/s3.ts'
import { s3api } from './command-line/tables/s3api.ts'
import { scheduler } from './command-line/tables/scheduler.ts'
import { secretsmanager } from './command-line/tables/secretsmanager.ts'
import { sqs } from './command-line/tables/sqs.ts'
import { sts } from './command-line/tables/sts.ts'

/** A table for each service. */
const TABLES: readonly CallTable[] = [
  sqs,
  scheduler,
  secretsmanager,
  dynamodb,
  s3,
  s3api,
  lambda,
  logs,
  sts,
  cloudformation,
  iam,
  apigateway,
  apigatewayv2,
]

const python = findAwsPython()
const describeWithAws = python === undefined ? describe.skip : describe
const title =
  python === undefined
    ? 'the AWS command line (skipped: no Python here has it as a package; Debian has it as awscli)'
    : 'the AWS command line'

describeWithAws(title, () => {
  const assembly = writeStack()
  /** Large enough that the command line sends it in parts. */
  const bigFile = join(assembly.workDir, 'big')
  const counts = { works: 0, refused: 0, tooNew: 0 }
  /** Operations that the installed command line does not know. */
  const tooNew = new Set<string>()
  let cloud: Cloud
  let aws: AwsProcess

  beforeAll(async () => {
    writeFileSync(bigFile, Buffer.alloc(9 * 1024 * 1024, 'x'))
    cloud = await startAssembly(assembly)
    aws = startAws(python!, {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: cloud.region,
      AWS_MAX_ATTEMPTS: '1',
      AWS_PAGER: '',
      // A file of the machine could set another region, format or endpoint.
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    })
  })
  afterAll(async () => {
    aws.close()
    await cloud.close()
    assembly.remove()
  })

  const run = (...args: string[]): Promise<AwsAnswer> =>
    aws.run(args[0]!.replace('s3api', 's3'), ['--endpoint-url', cloud.endpoint, '--output', 'json', ...args])

  describe.each(TABLES)('$service', ({ service, calls }) => {
    let values: Values

    beforeAll(() => {
      values = { ...cloud.outputs, bigFile }
    })

    it.each(calls)(`${service} $line: $kind`, async ({ line, kind, builtOn = '', expectAnswer }) => {
      const operation = `${service} ${line.split(' ')[0]}`
      if (tooNew.has(`${service} ${builtOn}`)) return void counts.tooNew++
      const answer = await run(service, ...argumentsOf(line, values))
      if (isTooOld(answer)) {
        tooNew.add(operation)
        return void counts.tooNew++
      }
      expectAnswer(answer, values)
      counts[kind]++
    })
  })

  it('presigns addresses that work without it, and for their own object only', async () => {
    await run('s3', 'cp', bigFile, 's3://files/presigned')
    const { stdout: address } = await run('s3', 'presign', 's3://files/presigned')
    const answer = await fetch(address.trim())
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, 9 * 1024 * 1024])
    expect((await fetch(address.trim().replace('/presigned', '/other'))).status).toBe(403)
  })

  it('works or is refused by name in every call', () => {
    const calls = TABLES.flatMap((table) => table.calls).length
    const { works, refused, tooNew: newer } = counts
    process.stdout.write(
      `AWS command line: ${works + refused} calls, ${works} work, ${refused} are refused by name, ` +
        `${calls - works - refused - newer} are wrong, ${newer} are unknown to this version of the command line.\n`,
    )
    expect(works + refused + newer).toBe(calls)
    expect(works + refused).toBeGreaterThanOrEqual(130)
  })
})
