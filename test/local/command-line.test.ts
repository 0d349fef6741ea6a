import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Cloud } from '../../local/cloud.ts'
import { startAssembly } from '../conformance/cloud/start-assembly.ts'
import { findAwsPython, startAws, type AwsProcess } from './command-line/aws-process.ts'
import { argumentsOf, type CallTable, type Values } from './command-line/calls.ts'
import { writeStack } from './command-line/stack.ts'
import { dynamodb } from './command-line/tables/dynamodb.ts'
import { lambda } from './command-line/tables/lambda.ts'
import { logs } from './command-line/tables/logs.ts'
import { s3 } from './command-line/tables/s3.ts'
import { s3api } from './command-line/tables/s3api.ts'
import { scheduler } from './command-line/tables/scheduler.ts'
import { secretsmanager } from './command-line/tables/secretsmanager.ts'
import { sqs } from './command-line/tables/sqs.ts'
import { sts } from './command-line/tables/sts.ts'

/** A table for each service. */
const TABLES: readonly CallTable[] = [sqs, scheduler, secretsmanager, dynamodb, s3, s3api, lambda, logs, sts]

const python = findAwsPython()
const describeWithAws = python === undefined ? describe.skip : describe
const title =
  python === undefined
    ? 'the AWS command line (skipped: no Python here has it as a package; Debian has it as awscli)'
    : 'the AWS command line'

describeWithAws(title, () => {
  const assembly = writeStack()
  const counts = { works: 0, refused: 0 }
  let cloud: Cloud
  let aws: AwsProcess

  beforeAll(async () => {
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

  describe.each(TABLES)('$service', ({ service, calls }) => {
    let values: Values

    beforeAll(() => {
      values = { ...cloud.outputs, endpoint: cloud.endpoint }
    })

    it.each(calls)(`${service} $line: $kind`, async ({ line, kind, expectAnswer }) => {
      const options = ['--endpoint-url', cloud.endpoint, '--output', 'json']
      expectAnswer(await aws.run([...options, service, ...argumentsOf(line, values)]), values)
      counts[kind]++
    })
  })

  it('works or is refused by name in every call', () => {
    const calls = TABLES.flatMap((table) => table.calls)
    process.stdout.write(
      `AWS command line: ${calls.length} calls, ${counts.works} work, ${counts.refused} are refused by name, ` +
        `${calls.length - counts.works - counts.refused} are wrong.\n`,
    )
    expect(counts.works + counts.refused).toBe(calls.length)
  })
})
