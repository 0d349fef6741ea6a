import { tasks } from 'jobwire-tasks'
import { nextJobId } from './next-job-id.ts'
import { tasksOfQueue, type WorkerFacts } from '../../domain/workers/register-worker.ts'
import { deployedQueues } from './deployment.ts'

/**
 * Describes this execution environment. It leaves out AWS's own names: every token of the deployment may read it, and
 * those names reveal the account's stacks and logs.
 */
export function thisWorker(): WorkerFacts {
  // The stack gives a worker only the queues of its own lane.
  const queue = deployedQueues()[0]!
  const { AWS_REGION: region, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: memory } = process.env
  return {
    id: `${queue}:${nextJobId()}`,
    kind: 'lambda',
    queue,
    tasks: tasksOfQueue(tasks, queue),
    metadata: {
      ...(region === undefined ? {} : { region }),
      ...(memory === undefined ? {} : { memoryMb: Number(memory) }),
      node: process.versions.node,
    },
  }
}
