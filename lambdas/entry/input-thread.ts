import { parentPort } from 'node:worker_threads'
import { tasks } from 'jobwire-tasks'
import { createInputCheck } from '../domain/submit/validate-input.ts'
import type { FromInputThread, InputQuestion } from './parts/input-check.ts'

// A second file of the functions that submit: `input-check.ts` starts it as a thread.
const send = (message: FromInputThread): void => parentPort?.postMessage(message)
const checkInput = createInputCheck(tasks, (level, text, fields = {}) => send({ level, text, fields }))

parentPort?.on('message', ({ ref, task, input, path }: InputQuestion) => {
  void checkInput(task, input, path).then((outcome) => send({ ref, outcome }))
})
