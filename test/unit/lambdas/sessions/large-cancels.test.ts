import { expect, it } from '@jest/globals'
import { handleFrameText } from '../../../../lambdas/handlers/sessions/socket-frames.ts'
import { MAX_IDS_PER_FRAME, MAX_ID_LENGTH, MAX_SOCKET_MESSAGE_BYTES } from '../../../../protocol/kit/limits.ts'
import { createPlatform } from '../../fakes/platform.ts'
import { taskPorts } from '../../fakes/task-ports.ts'

it('the answer to the largest cancel of unknown jobs fits a message', async () => {
  const ports = { ...createPlatform(), ...taskPorts({}) }
  const ids = Array.from({ length: MAX_IDS_PER_FRAME }, (_, index) => String(index).padStart(MAX_ID_LENGTH, 'x'))
  const frame = JSON.stringify({ type: 'cancel', ref: 1, ids })
  expect(frame.length).toBeLessThan(MAX_SOCKET_MESSAGE_BYTES)
  const session = { namespace: 'acme', session: 's', connectionId: 'c' }
  const text = await handleFrameText(ports, session, frame, 'request')
  expect(text.length).toBeLessThanOrEqual(MAX_SOCKET_MESSAGE_BYTES)
  const { type, jobs } = JSON.parse(text) as { type: string; jobs: { id: string; error: { code: string } }[] }
  expect(type).toBe('cancelled')
  expect(jobs.map(({ id, error }) => [id, error.code])).toEqual(ids.map((id) => [id, 'JOB_NOT_FOUND']))
})
