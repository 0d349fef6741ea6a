import { describe, expect, it } from '@jest/globals'
import { PRIORITIES } from '../../protocol/priority.ts'
import { referenced, synthesizeStack } from './synthesized-stack.ts'

const stack = synthesizeStack({
  lanes: { default: { timeout: '2m', maxConcurrency: { low: 3 } }, heavy: { timeout: '15m', memoryMb: 4096 } },
})
const queues = stack.resources('AWS::SQS::Queue')
const mappings = Object.values(stack.resources('AWS::Lambda::EventSourceMapping'))
const functions = stack.resources('AWS::Lambda::Function')
const jobQueues = Object.entries(queues).filter(([, { Properties }]) => Properties['RedrivePolicy'])

describe('queues', () => {
  it('gives each lane a queue per priority, and each queue a dead-letter queue of its own for what no retry ends', () => {
    expect(jobQueues).toHaveLength(2 * PRIORITIES.length)
    const deadLetters = jobQueues.map(([, { Properties }]) => {
      expect(Properties['RedrivePolicy'].maxReceiveCount).toBe(1_000)
      return referenced(Properties['RedrivePolicy'].deadLetterTargetArn)
    })
    expect(new Set(deadLetters).size).toBe(jobQueues.length)
    for (const id of deadLetters) expect(queues[id]!.Properties['RedrivePolicy']).toBeUndefined()
    expect(Object.keys(queues)).toHaveLength(2 * jobQueues.length)
  })

  it('hides a message for six timeouts of the function that consumes it', () => {
    expect(mappings).toHaveLength(Object.keys(queues).length)
    for (const { Properties } of mappings) {
      const queue = queues[referenced(Properties['EventSourceArn'])]!.Properties
      const consumer = functions[referenced(Properties['FunctionName'])]!.Properties
      expect(queue['VisibilityTimeout']).toBe(6 * consumer['Timeout'])
    }
  })

  it('keeps dead letters for longer than jobs, since a message that moves keeps its age', () => {
    for (const [, { Properties }] of jobQueues) {
      const deadLetters = queues[referenced(Properties['RedrivePolicy'].deadLetterTargetArn)]!.Properties
      expect(deadLetters['MessageRetentionPeriod']).toBeGreaterThan(Properties['MessageRetentionPeriod'])
    }
  })

  it('encrypts every queue, and refuses whoever comes without TLS', () => {
    const policies = Object.values(stack.resources('AWS::SQS::QueuePolicy'))
    for (const [id, { Properties }] of Object.entries(queues)) {
      expect(Properties['SqsManagedSseEnabled']).toBe(true)
      const policy = policies.find(({ Properties: { Queues } }) => referenced(Queues[0]) === id)
      expect(policy?.Properties['PolicyDocument'].Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      )
    }
  })

  it('takes ten messages at most, and hears which of them failed', () => {
    for (const { Properties } of mappings) {
      expect(Properties).toMatchObject({ BatchSize: 10, FunctionResponseTypes: ['ReportBatchItemFailures'] })
      expect(Properties['MaximumBatchingWindowInSeconds']).toBeUndefined()
    }
  })

  it('limits the concurrency of the priority that asks for it, and of no other', () => {
    const limited = mappings.filter(({ Properties }) => Properties['ScalingConfig'])
    expect(limited.map(({ Properties }) => Properties['ScalingConfig'])).toEqual([{ MaximumConcurrency: 3 }])
    expect(referenced(limited[0]!.Properties['EventSourceArn'])).toMatch(/Lanedefault.*LowJobs/)
  })

  it('gives each lane its own memory and timeout', () => {
    expect(stack.functionOf('Runs the jobs of the lane "default"').properties).toMatchObject({ Timeout: 120 })
    expect(stack.functionOf('Runs the jobs of the lane "heavy"').properties).toMatchObject({
      Timeout: 900,
      MemorySize: 4096,
    })
  })
})
