import { describe, expect, it } from '@jest/globals'
import { FAILED_ATTRIBUTE, FAILED_INDEX } from '../../lambdas/tables.ts'
import { type SynthesizedStack, synthesizeStack } from './synthesized-stack.ts'

const kept = synthesizeStack()
const disposable = synthesizeStack({ removalPolicy: 'destroy' })

function holders(stack: SynthesizedStack) {
  return [
    ...Object.values(stack.resources('AWS::DynamoDB::Table')),
    ...Object.values(stack.resources('AWS::SecretsManager::Secret')),
  ]
}

describe('tables', () => {
  const tables = Object.values(kept.resources('AWS::DynamoDB::Table'))

  it('are two, with the keys pk and sk, billed by the request, with expiry and point-in-time recovery', () => {
    expect(tables).toHaveLength(2)
    for (const { Properties } of tables) {
      expect(Properties).toMatchObject({
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      })
    }
  })

  it('have one index, of failed jobs only, which the functions know by its name and key', () => {
    const indexes = tables.flatMap(({ Properties }) => Properties['GlobalSecondaryIndexes'] ?? [])
    expect(indexes).toEqual([
      {
        IndexName: FAILED_INDEX,
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: FAILED_ATTRIBUTE, KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['ttl'] },
      },
    ])
  })

  it('outlive the stack with the secrets, unless the setting says otherwise', () => {
    expect(holders(kept)).toHaveLength(4)
    for (const holder of holders(kept)) {
      expect(holder).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    }
    for (const holder of holders(disposable)) {
      expect(holder).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' })
    }
  })

  it('are protected from deletion if they are kept', () => {
    for (const { Properties } of tables) expect(Properties['DeletionProtectionEnabled']).toBe(true)
    for (const { Properties } of Object.values(disposable.resources('AWS::DynamoDB::Table'))) {
      expect(Properties['DeletionProtectionEnabled']).toBe(false)
    }
  })
})
