import { describe, expect, it } from '@jest/globals'
import { MAX_WEBHOOK_ANSWER_MS, MAX_WEBHOOK_ATTEMPTS } from '../../protocol/kit/limits.ts'
import { PRIORITIES } from '../../protocol/job/priority.ts'
import { referenced, synthesizeStack } from './synthesized-stack.ts'

const stack = synthesizeStack({
  lanes: { default: { timeout: '2m', maxConcurrency: { low: 3 } }, heavy: { timeout: '15m', memoryMb: 4096 } },
})
const allQueues = stack.resources('AWS::SQS::Queue')
/** The queues of the lanes. The queues of webhooks and of schedules have their own tests. */
const queues = Object.fromEntries(Object.entries(allQueues).filter(([id]) => !/Webhooks|Schedules/.test(id)))
const allMappings = Object.values(stack.resources('AWS::Lambda::EventSourceMapping'))
const mappings = allMappings.filter(({ Properties }) => referenced(Properties['EventSourceArn']) in queues)
const functions = stack.resources('AWS::Lambda::Function')
const jobQueues = Object.entries(queues).filter(([, { Properties }]) => Properties['RedrivePolicy'])

describe('queues', () => {
  it('gives each lane a queue for each priority, and each queue its own dead-letter queue', () => {
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

  it('encrypts every queue, and refuses requests without TLS', () => {
    const policies = Object.values(stack.resources('AWS::SQS::QueuePolicy'))
    for (const [id, { Properties }] of Object.entries(allQueues)) {
      expect(Properties['SqsManagedSseEnabled']).toBe(true)
      const policy = policies.find(({ Properties: { Queues } }) => referenced(Queues[0]) === id)
      expect(policy?.Properties['PolicyDocument'].Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      )
    }
  })

  it('brings ten messages at most to a worker, and reads which of them failed', () => {
    for (const { Properties } of allMappings) {
      expect(Properties).toMatchObject({ BatchSize: 10, FunctionResponseTypes: ['ReportBatchItemFailures'] })
      expect(Properties['MaximumBatchingWindowInSeconds']).toBeUndefined()
    }
  })

  it('limits the concurrency of the priority that has a limit, and of no other', () => {
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

describe('what fails for good in schedules', () => {
  const [id] = Object.keys(allQueues).filter((each) => each.includes('SchedulesDeadLetters')) as [string]

  it('goes to a queue that the function for dead letters reads', () => {
    const [mapping, ...others] = allMappings.filter(({ Properties }) => referenced(Properties['EventSourceArn']) === id)
    expect(others).toEqual([])
    const reader = stack.functionOf('Records jobs that could not be run')
    expect(functions[referenced(mapping!.Properties['FunctionName'])]!.Properties).toBe(reader.properties)
    expect(allQueues[id]!.Properties).toMatchObject({
      VisibilityTimeout: 6 * reader.properties['Timeout'],
      MessageRetentionPeriod: 14 * 86_400,
    })
  })

  it('includes the events that the function of schedules could not handle', () => {
    const [config, ...others] = Object.values(stack.resources('AWS::Lambda::EventInvokeConfig'))
    expect(others).toEqual([])
    const { FunctionName, Qualifier, DestinationConfig } = config!.Properties
    expect(functions[referenced(FunctionName)]!.Properties['Description']).toBe('Submits the jobs of schedules.')
    expect(Qualifier).toBe('$LATEST')
    expect(referenced(DestinationConfig.OnFailure.Destination)).toBe(id)
  })
})

describe('webhooks', () => {
  const [id] = Object.keys(allQueues).filter((each) => each.includes('WebhooksQueue')) as [string]
  const { Properties: queue } = allQueues[id]!
  const sender = stack.functionOf('Delivers webhooks')

  it('wait in their own queue, hidden for six timeouts of the function that delivers them, and kept for longer than all attempts take', () => {
    expect(queue['VisibilityTimeout']).toBe(6 * sender.properties['Timeout'])
    expect(queue['MessageRetentionPeriod']).toBeGreaterThan(2 * 86_400)
    const { Properties: deadLetters } = allQueues[referenced(queue['RedrivePolicy'].deadLetterTargetArn)]!
    expect(deadLetters['MessageRetentionPeriod']).toBeGreaterThan(queue['MessageRetentionPeriod'])
    expect(queue['RedrivePolicy'].maxReceiveCount).toBeGreaterThanOrEqual(5 * MAX_WEBHOOK_ATTEMPTS)
  })

  it('are delivered by a limited number of functions, whose timeout is longer than a request may take', () => {
    const [mapping, ...others] = allMappings.filter(({ Properties }) => referenced(Properties['EventSourceArn']) === id)
    expect(others).toEqual([])
    expect(mapping!.Properties['ScalingConfig']).toEqual({ MaximumConcurrency: 50 })
    expect(sender.properties['Timeout'] * 1_000).toBeGreaterThan(2 * MAX_WEBHOOK_ANSWER_MS)
  })
})
