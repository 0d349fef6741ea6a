import { CommandError } from '../frame/command-error.ts'
import { readTokenSecret } from '../token.ts'
import { choosePlatform, describeOutputs } from './stack.ts'
import { awsPlaceOf } from './log-groups.ts'
import type { Target } from './target.ts'

/** Reads the secret that signs the tokens of a deployment, found by its stack or on this machine. */
export async function findTokenSecret(target: Target): Promise<string> {
  const place = awsPlaceOf(target)
  if (place === undefined) {
    throw new CommandError('usage', 'NO_SECRET', `The secret of ${target.foundBy} is not known here.`, {
      advice: 'Give --stack or --secret-id.',
    })
  }
  const { tokenSecretArn } = choosePlatform(place.stack, await describeOutputs(place))
  return readTokenSecret(tokenSecretArn, place.endpointUrl, place.awsProfile)
}
