import { describe, expect, it } from '@jest/globals'
import { MAX_WEBHOOK_ANSWER_MS, MAX_WEBHOOK_ATTEMPTS } from '../../protocol/kit/limits.ts'
import { PRIORITIES } from '../../protocol/job/priority.ts'
import { referenced, synthesizeStack } from './synthesized-stack.ts'

const stack = synthesizeStack({
  lanes: { default: { timeout: '2m', maxConcurrency: { low: 3 } }, heavy: { timeout: '15m', memoryMb: 4096 } },
})
const allQueues = stack.resources('AWS::SQS::Queue')
/** Those of the lanes; webhooks have a test of their own. */
const queues = Object.fromEntries(Object.entries(allQueues).filter(([id]) => !id.includes('Webhooks')))
const allMappings = Object.values(stack.resources('AWS::Lambda::EventSourceMapping'))
const mappings = allMappings.filter(({ Properties }) => referenced(Properties['EventSourceArn']) in queues)
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
    for (const [id, { Properties }] of Object.entries(allQueues)) {
      expect(Properties['SqsManagedSseEnabled']).toBe(true)
      const policy = policies.find(({ Properties: { Queues } }) => referenced(Queues[0]) === id)
      expect(policy?.Properties['PolicyDocument'].Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      )
    }
  })

  it('takes ten messages at most, and hears which of them failed', () => {
    for (const { Properties } of allMappings) {
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

describe('webhooks', () => {
  const [id] = Object.keys(allQueues).filter((each) => each.includes('WebhooksQueue')) as [string]
  const { Properties: queue } = allQueues[id]!
  const sender = stack.functionOf('Delivers webhooks')

  it('wait in a queue of their own, hidden for six timeouts of what delivers them, and for longer than all attempts take', () => {
    expect(queue['VisibilityTimeout']).toBe(6 * sender.properties['Timeout'])
    expect(queue['MessageRetentionPeriod']).toBeGreaterThan(2 * 86_400)
    const { Properties: deadLetters } = allQueues[referenced(queue['RedrivePolicy'].deadLetterTargetArn)]!
    expect(deadLetters['MessageRetentionPeriod']).toBeGreaterThan(queue['MessageRetentionPeriod'])
    expect(queue['RedrivePolicy'].maxReceiveCount).toBeGreaterThanOrEqual(5 * MAX_WEBHOOK_ATTEMPTS)
  })

  it('are delivered by so many functions at most, and have longer than a request may take', () => {
    const [mapping, ...others] = allMappings.filter(({ Properties }) => referenced(Properties['EventSourceArn']) === id)
    expect(others).toEqual([])
    expect(mapping!.Properties['ScalingConfig']).toEqual({ MaximumConcurrency: 50 })
    expect(sender.properties['Timeout'] * 1_000).toBeGreaterThan(2 * MAX_WEBHOOK_ANSWER_MS)
  })
})
