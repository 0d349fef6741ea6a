import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ERRORS } from '../../../protocol/kit/errors.ts'
import { MAX_FRAME_BYTES } from '../../../protocol/kit/limits.ts'
import type { AttackedCloud } from './attacked-cloud.ts'
import { startAttackedCloud } from './attacked-cloud.ts'
import { breakUtf8, chooserOf } from './fuzz/mutate.ts'
import { fuzzedFrame, fuzzedRequest, mixedJobs } from './fuzz/cases.ts'
import type { RawAnswer } from './fuzz/raw-client.ts'
import { closeAgent, openSocket, sendRequest } from './fuzz/raw-client.ts'

/** Requests and frames in all. By hand: `FUZZ_COUNT=100000 npx jest fuzz --selectProjects model`. */
const COUNT = Number(process.env['FUZZ_COUNT'] ?? 2_000)
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)
/** Requests, frames and mixed submits of one batch. The valid neighbours of each batch come on top. */
const REQUESTS = 16
const FRAMES = 16
const MIXED = 8
/** Codes with which the platform says that it is at fault, or has no room. Nobody sends enough here to deserve the last. */
const FAULTS = new Set(['INTERNAL', 'UNAVAILABLE', 'THROTTLED'])
const NAMESPACE = 'fuzz'

describe(`${COUNT} fuzzed requests and frames of seed ${SEED}`, () => {
  let attacked: AttackedCloud
  let token: string
  const errors: string[] = []
  const seen = new Map<string, number>()
  const problems: string[] = []
  const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1)

  beforeAll(async () => {
    attacked = await startAttackedCloud({}, (message) => {
      if (/failed|error/i.test(message)) errors.push(message.slice(0, 300))
    })
    token = await attacked.token(NAMESPACE)
  }, 60_000)
  afterAll(async () => {
    closeAgent()
    await attacked.close()
  })

  function judge(sent: object, { status, body }: RawAnswer): void {
    count(`REST ${status}`)
    if (status >= 500) problems.push(`${status} ${body} for ${JSON.stringify(sent).slice(0, 400)}`)
    if (status < 400 || status >= 500 || body === '') return
    const { error } = JSON.parse(body) as { error?: { code: string; message: string } }
    if (error === undefined || !Object.hasOwn(ERRORS, error.code) || error.message === '') {
      problems.push(`An answer without a code: ${status} ${body} for ${JSON.stringify(sent).slice(0, 400)}`)
    } else if (FAULTS.has(error.code)) problems.push(`${error.code} for ${JSON.stringify(sent).slice(0, 400)}`)
  }

  async function call(sent: Parameters<typeof sendRequest>[2]): Promise<RawAnswer> {
    return sendRequest(attacked.cloud.outputs.RestUrl!, token, sent)
  }

  /** Sends a mutated job between two valid ones, which must be accepted. */
  async function callMixed(jobs: readonly unknown[]): Promise<void> {
    const answer = await call({ method: 'POST', path: '/jobs', headers: {}, body: JSON.stringify({ jobs }) })
    judge({ jobs }, answer)
    const outcomes = (JSON.parse(answer.body) as { jobs?: { status?: string; error?: { code: string } }[] }).jobs ?? []
    if (outcomes[0]?.status !== 'pending' || outcomes[2]?.status !== 'pending' || outcomes.length !== 3) {
      problems.push(`A neighbour was refused: ${answer.body} for ${JSON.stringify(jobs[1]).slice(0, 400)}`)
    }
    const code = outcomes[1]?.error?.code ?? 'accepted'
    count(`job ${code}`)
    if (FAULTS.has(code)) problems.push(`${code} for the job ${JSON.stringify(jobs[1]).slice(0, 400)}`)
  }

  it(
    'get no 5xx, no dropped connection and no refused neighbour',
    async () => {
      let sent = 0
      for (let batch = 0; sent < COUNT; batch++) {
        const choose = chooserOf(SEED * 1_000_003 + batch)
        const id = (index: number): string => `f${SEED}-${batch}-${index}`
        const socket = await openSocket(attacked.cloud.outputs.SocketUrl!, token, id(0))
        const texts = Array.from({ length: FRAMES }, (_, index) => fuzzedFrame(choose, index + 1, id(index)))
        for (const text of texts) socket.send(text)
        socket.send(JSON.stringify({ type: 'submit', ref: 900, jobs: [{ task: 'noop' }] }))
        const requests = Array.from({ length: REQUESTS }, (_, index) => fuzzedRequest(choose, id(100 + index)))
        const mixed = Array.from({ length: MIXED }, (_, index) => mixedJobs(choose, id(200 + index)))
        await Promise.all([
          ...requests.map(async (request) => judge(request, await call(request))),
          ...mixed.map((jobs) => callMixed(jobs)),
          attacked.submit(NAMESPACE, { task: 'noop' }).then((outcome) => {
            if (!('status' in outcome)) problems.push(`A valid submit was refused: ${JSON.stringify(outcome)}`)
          }),
        ])
        const answers = await socket.answers(FRAMES + 1)
        socket.close()
        for (const answer of answers) {
          const code = answer.error?.code ?? answer.type ?? 'no type'
          count(`frame ${code}`)
          const codes = [code, ...(answer.refused ?? []).map(({ error }) => error.code)]
          if (codes.some((each) => FAULTS.has(each)) || answer.type === undefined) {
            problems.push(`${JSON.stringify(answer)} in ${id(0)}`)
          }
        }
        if (
          !answers.some(({ type, ref, jobs }) => type === 'accepted' && ref === 900 && jobs?.[0]?.status === 'pending')
        ) {
          problems.push(`The valid frame was refused, or the connection dropped, beside ${JSON.stringify(texts)}`)
        }
        sent += REQUESTS + FRAMES + MIXED
        if (problems.length > 20) break
      }
      console.info(
        `${sent} sent: ${JSON.stringify(Object.fromEntries([...seen].sort(([one], [other]) => one.localeCompare(other))))}`,
      )
      expect({ problems, errors: problems.length === 0 ? [] : errors.slice(-20) }).toEqual({ problems: [], errors: [] })
    },
    30_000 + COUNT * 30,
  )

  it('that break the rules of WebSocket end the connection with the documented code', async () => {
    const choose = chooserOf(SEED)
    const ended = async (send: (socket: Awaited<ReturnType<typeof openSocket>>) => void): Promise<number> => {
      const socket = await openSocket(attacked.cloud.outputs.SocketUrl!, token, 'rules')
      send(socket)
      return socket.closed
    }
    const ping = '{"type":"ping","ref":1}'
    expect(await ended((socket) => socket.send(Buffer.from(ping)))).toBe(1003)
    expect(await ended((socket) => socket.sendFrame(0x81, breakUtf8(choose, ping)))).toBe(1007)
    expect(await ended((socket) => socket.send('x'.repeat(MAX_FRAME_BYTES + 1)))).toBe(1009)
    // A reserved opcode.
    expect(await ended((socket) => socket.sendFrame(0x83, Buffer.from(ping)))).toBe(1002)
  })
})
