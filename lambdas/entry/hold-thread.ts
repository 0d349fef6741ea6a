import { parentPort, workerData } from 'node:worker_threads'
import { type HoldThreadData, runHoldThread } from '../aws/batch/hold-thread.ts'

// A second file of the worker function: `message-hold.ts` starts it as a thread.
if (parentPort !== null) runHoldThread(parentPort, workerData as HoldThreadData)
