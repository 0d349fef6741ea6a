import { openTokens } from './deployment.ts'
import { createAuthorizerHandler } from '../handlers/authorizer.ts'

export const handler = createAuthorizerHandler({ verify: openTokens() })
