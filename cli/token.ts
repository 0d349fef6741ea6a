import { SignJWT } from 'jose'

export interface TokenClaims {
  readonly namespace: string
  readonly subject: string
  readonly expiresInSeconds: number
}

/** Signs a token that the deployment's authorizer accepts. `secret` is the value of its token secret. */
export function signToken(secret: string, { namespace, subject, expiresInSeconds }: TokenClaims): Promise<string> {
  return new SignJWT({ ns: namespace })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime(`${expiresInSeconds} seconds`)
    .sign(new TextEncoder().encode(secret))
}

/**
 * Reads the token secret of a deployment, with the caller's own AWS credentials.
 * The AWS SDK is loaded only here, because the process of a local cloud never needs it.
 */
export async function readTokenSecret(
  secretId: string,
  endpoint: string | undefined,
  awsProfile?: string,
): Promise<string> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
  const region = regionInArn(secretId)
  const client = new SecretsManagerClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(awsProfile === undefined ? {} : { profile: awsProfile }),
  })
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
    if (SecretString === undefined) throw new Error(`The secret ${secretId} has no string value.`)
    return SecretString
  } finally {
    client.destroy()
  }
}

/** Returns undefined for the name of a secret, which is then looked up in the region of the environment. */
function regionInArn(secretId: string): string | undefined {
  return /^arn:[^:]*:secretsmanager:([a-z0-9-]+):/.exec(secretId)?.[1]
}

/** Reads the token secret of a local cloud by one plain request. There, any caller may make it. */
export async function readLocalTokenSecret(secretId: string, endpoint: string): Promise<string> {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' },
    body: JSON.stringify({ SecretId: secretId }),
  })
  if (!answer.ok) throw new Error(`Could not read the token secret of the local cloud: ${await answer.text()}`)
  return ((await answer.json()) as { SecretString: string }).SecretString
}
