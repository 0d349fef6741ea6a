const ACCOUNT = '000000000000'
const REGION = 'us-east-1'

/** The account and the region of an emulator, as `cdk bootstrap` takes them. */
export const EMULATOR_PLACE = `aws://${ACCOUNT}/${REGION}`

/** Returns the environment in which AWS clients and the CDK work with an emulator. */
export function emulatorAccount(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    CDK_DEFAULT_ACCOUNT: ACCOUNT,
    CDK_DEFAULT_REGION: REGION,
  }
}
