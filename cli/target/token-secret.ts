import { CommandError } from '../frame/command-error.ts'
import { readTokenSecret } from '../token.ts'
import { choosePlatform, describeOutputs, useLocalCredentials } from './stack.ts'
import type { StackPlace, Target } from './target.ts'

/** Reads the secret that signs the tokens of a deployment, found by its stack or on this machine. */
export async function findTokenSecret({ stack, awsEndpoint, foundBy }: Target): Promise<string> {
  const place = stack ?? (awsEndpoint === undefined ? undefined : localPlace(awsEndpoint))
  if (place === undefined) {
    throw new CommandError('usage', 'NO_SECRET', `The secret of ${foundBy} is not known here.`, {
      advice: 'Give --stack or --secret-id.',
    })
  }
  const { tokenSecretArn } = choosePlatform(place.stack, await describeOutputs(place))
  return readTokenSecret(tokenSecretArn, place.endpointUrl, place.awsProfile)
}

function localPlace(endpointUrl: string): StackPlace {
  useLocalCredentials()
  return { stack: '', region: 'us-east-1', endpointUrl }
}
