import { expect } from '@jest/globals'
import { type CallTable, fails, refused, works } from '../calls.ts'

const TOKEN = '00000000-0000-4000-8000-000000000001'

export const secretsmanager: CallTable = {
  service: 'secretsmanager',
  calls: [
    works('get-secret-value --secret-id $secret', { Name: 'token', SecretString: 'first' }),
    fails('get-secret-value --secret-id nothing', 'ResourceNotFoundException'),
    works('describe-secret --secret-id token', { Name: 'token', VersionIdsToStages: {} }),
    works(
      `create-secret --name scratch --secret-string one --description 'for a test' --tags Key=team,Value=red`,
      { Name: 'scratch', ARN: expect.stringContaining(':secret:scratch-') },
      { scratch: 'ARN', version: 'VersionId' },
    ),
    fails('create-secret --name scratch --secret-string two', 'ResourceExistsException'),
    works('list-secrets --filters Key=name,Values=scr', { SecretList: [{ Name: 'scratch' }] }),
    works('list-secrets --filters Key=tag-key,Values=team Key=name,Values=!scr', { SecretList: [] }),
    works('list-secrets --max-items 1', { SecretList: [{ Name: 'token' }], NextToken: expect.any(String) }),
    works(`put-secret-value --secret-id $scratch --secret-string two --client-request-token ${TOKEN}`, {
      VersionId: TOKEN,
      VersionStages: ['AWSCURRENT'],
    }),
    works(`put-secret-value --secret-id scratch --secret-string two --client-request-token ${TOKEN}`, {
      VersionId: TOKEN,
    }),
    fails(
      `put-secret-value --secret-id scratch --secret-string three --client-request-token ${TOKEN}`,
      'ResourceExistsException',
    ),
    works('get-secret-value --secret-id scratch --version-stage AWSPREVIOUS', { SecretString: 'one' }),
    works('get-secret-value --secret-id scratch --version-id $version', { SecretString: 'one' }),
    works('list-secret-version-ids --secret-id scratch', {
      Versions: [{ VersionStages: ['AWSPREVIOUS'] }, { VersionId: TOKEN, VersionStages: ['AWSCURRENT'] }],
    }),
    works(`update-secret --secret-id scratch --description 'for another'`, { Name: 'scratch' }),
    works('update-secret --secret-id scratch --secret-string three', { VersionId: expect.any(String) }),
    works(`update-secret-version-stage --secret-id scratch --version-stage MINE --move-to-version-id ${TOKEN}`, {
      Name: 'scratch',
    }),
    works('get-secret-value --secret-id scratch --version-stage MINE', { SecretString: 'two' }),
    works('tag-resource --secret-id scratch --tags Key=cost,Value=1'),
    works('untag-resource --secret-id scratch --tag-keys team'),
    works('describe-secret --secret-id scratch', { Description: 'for another', Tags: [{ Key: 'cost', Value: '1' }] }),
    works('get-random-password --password-length 20 --exclude-punctuation', {
      RandomPassword: expect.stringMatching(/^[A-Za-z0-9]{20}$/),
    }),
    fails('get-random-password --password-length 2', 'InvalidParameterException'),
    works('delete-secret --secret-id scratch --recovery-window-in-days 7', { DeletionDate: expect.anything() }),
    fails('get-secret-value --secret-id scratch', 'InvalidRequestException'),
    works('restore-secret --secret-id scratch', { Name: 'scratch' }),
    works('delete-secret --secret-id scratch --force-delete-without-recovery', { Name: 'scratch' }),
    fails('describe-secret --secret-id scratch', 'ResourceNotFoundException'),
    refused('rotate-secret --secret-id token', 'RotateSecret'),
    refused('get-resource-policy --secret-id token', 'GetResourcePolicy'),
  ],
}
