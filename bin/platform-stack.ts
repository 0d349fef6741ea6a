import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { JobPlatform, type JobPlatformProps } from 'jobwire'

/** The props of a `PlatformStack`. */
export interface PlatformStackProps extends StackProps {
  /** The props of its `JobPlatform`. */
  readonly platform: JobPlatformProps
}

/**
 * The stack of this repository: one `JobPlatform`, and outputs with the addresses for clients.
 *
 * @example
 * new PlatformStack(app, 'Jobwire', { stackName: 'Jobwire', platform: { resultTtl: '30d' } })
 */
export class PlatformStack extends Stack {
  constructor(scope: Construct, id: string, { platform, ...props }: PlatformStackProps) {
    super(scope, id, props)
    const jobs = new JobPlatform(this, 'Platform', { ...platform, outputs: false })
    const outputs = {
      RestUrl: ['The address of the REST API.', jobs.restUrl],
      SocketUrl: ['The address of the WebSocket API.', jobs.socketUrl],
      TokenSecretArn: ['The secret that signs tokens.', jobs.tokenSecret.secretArn],
      ResultsTableName: ['The table of jobs.', jobs.resultsTable.tableName],
      RegistryTableName: ['The table of sessions.', jobs.registryTable.tableName],
      Region: ['The region of this deployment.', this.region],
    } as const
    for (const [name, [description, value]] of Object.entries(outputs)) {
      new CfnOutput(this, name, { description, value })
    }
  }
}
