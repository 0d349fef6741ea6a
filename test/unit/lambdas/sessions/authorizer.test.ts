import { describe, expect, it } from '@jest/globals'
import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda'
import { createAuthorizerHandler } from '../../../../lambdas/handlers/sessions/authorizer.ts'
import type { TokenClaims } from '../../../../lambdas/domain/sessions/verify-token.ts'

const EVENT = {
  methodArn: 'arn:aws:execute-api:us-east-1:1:api/v1/GET/jobs',
  headers: { Authorization: 'Bearer t' },
  requestContext: {},
} as unknown as APIGatewayRequestAuthorizerEvent

const authorize = (claims: TokenClaims) => createAuthorizerHandler({ verify: async () => claims })(EVENT)

describe('a genuine token with strange claims', () => {
  it.each([1e306, 1e308, 8_640_000_000_001])('is unauthorized if it expires at %d', async (exp) => {
    await expect(authorize({ ns: 'acme', exp })).rejects.toThrow(/^Unauthorized$/)
  })

  it('is unauthorized if its subject is too long for an answer to API Gateway', async () => {
    await expect(authorize({ ns: 'acme', sub: 'x'.repeat(256), exp: 1e10 })).rejects.toThrow(/^Unauthorized$/)
  })

  it('is good if it expires at the last moment that a date can name', async () => {
    const answer = await authorize({ ns: 'acme', sub: 'x'.repeat(255), exp: 8_640_000_000_000 })
    expect(answer.context).toMatchObject({ expiresAt: 8_640_000_000_000_000 })
    expect(JSON.parse(JSON.stringify(answer))).toEqual(answer)
  })
})
