import { openTokens } from './parts/deployment.ts'
import { createAuthorizerHandler } from '../handlers/sessions/authorizer.ts'

export const handler = createAuthorizerHandler({ verify: openTokens() })
