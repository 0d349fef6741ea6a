import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { JobPlatform, type JobPlatformProps } from './job-platform.ts'

export interface PlatformStackProps extends StackProps {
  readonly platform: JobPlatformProps
}

/** This repository's own deployment: one `JobPlatform`, and the outputs that a client is configured from. */
export class PlatformStack extends Stack {
  constructor(scope: Construct, id: string, { platform, ...props }: PlatformStackProps) {
    super(scope, id, props)
    const jobs = new JobPlatform(this, 'Platform', platform)
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
