// Runs jobs of an assembly on a local cloud, and prints their outcomes: `node scripts/run.mjs <this> <cdk.out>`.
import { connect, JobError } from '@jobwire/sdk'
import { lambdaRuntime } from '../../cli/lambda-runtime.ts'
import { readLocalTokenSecret, signToken } from '../../cli/token.ts'
import { startCloud } from '../../local/cloud.ts'

const [assemblyDir] = process.argv.slice(2)
const cloud = await startCloud({
  assemblyDir: assemblyDir!,
  runtimePath: await lambdaRuntime(),
  port: 0,
  log: () => {},
})
try {
  const secret = await readLocalTokenSecret(cloud.outputs.JobsTokenSecretArn!, cloud.endpoint)
  const token = await signToken(secret, { namespace: 'test', subject: 'test', expiresInSeconds: 300 })
  const jobs = await connect({ url: cloud.outputs.JobsRestUrl!, token })
  const failure = await jobs.run('fail').catch((error: unknown) => error)
  const outcomes = [
    await jobs.run('greet', { name: 'package' }),
    JobError.is(failure) ? failure.message : failure,
    await jobs.run('double', { n: 21 }),
  ]
  console.log(JSON.stringify(outcomes))
  await jobs.close()
} finally {
  await cloud.close()
}
