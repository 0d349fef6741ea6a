import { type CallTable, works } from '../calls.ts'

export const secretsmanager: CallTable = {
  service: 'secretsmanager',
  calls: [works('get-secret-value --secret-id $secret', { Name: 'token', SecretString: 'first' })],
}
