import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { ERRORS, JOB_ERRORS } from '../../../protocol/kit/errors.ts'
import { CLIENT_FRAME_TYPES, CLOSE_CODES, SERVER_FRAME_TYPES } from '../../../protocol/wire/frames.ts'
import { isTerminal, JOB_STATUSES } from '../../../protocol/job/job.ts'
import * as limits from '../../../protocol/kit/limits.ts'
import { parseClientFrame } from '../../../protocol/wire/parse.ts'
import { DEFAULT_PRIORITY, PRIORITIES } from '../../../protocol/job/priority.ts'
import { PROTOCOL_VERSION, ROUTES } from '../../../protocol/wire/rest.ts'
import { DELIVERY_ERRORS } from '../../../protocol/webhooks/webhook.ts'

const text = readFileSync('docs/PROTOCOL.md', 'utf8')

/** Returns the rows of the table whose first column has the heading, without the backticks. */
function table(heading: string): string[][] {
  const lines = text.split('\n')
  const heads = lines.flatMap((line, index) => (line.startsWith(`| ${heading} |`) ? [index] : []))
  if (heads.length === 0) throw new Error(`docs/PROTOCOL.md has no table "${heading}"`)
  return heads.flatMap((head) => {
    const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'))
    return lines.slice(head + 2, end).map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
    )
  })
}

function section(heading: string): string {
  const start = text.indexOf(`## ${heading}\n`)
  if (start < 0) throw new Error(`docs/PROTOCOL.md has no section "${heading}"`)
  const end = text.indexOf('\n## ', start)
  return text.slice(start, end < 0 ? undefined : end)
}

const examples = [...text.matchAll(/```json frame\n(.*?)\n```/gs)].map(([, json]) => json!)

describe('docs/PROTOCOL.md', () => {
  it('states the version of the protocol', () => {
    expect(text.split('\n')[0]).toBe(`# The wire protocol, version ${PROTOCOL_VERSION}`)
    expect(section('Routes')).toContain(`{ "protocol": ${PROTOCOL_VERSION}, `)
  })

  it('has every route and no other', () => {
    expect(table('Method')).toEqual(ROUTES.map(({ method, path, summary }) => [method, path, summary]))
  })

  it('has every frame and no other', () => {
    expect(table('From the client').map(([type]) => type)).toEqual([...CLIENT_FRAME_TYPES])
    expect(table('From the platform').map(([type]) => type)).toEqual([...SERVER_FRAME_TYPES])
  })

  it('shows an example of every frame, and the platform can read the client’s examples', () => {
    const frames = examples.map((json) => JSON.parse(json) as { type: string })
    expect(new Set(frames.map(({ type }) => type))).toEqual(new Set([...CLIENT_FRAME_TYPES, ...SERVER_FRAME_TYPES]))
    const isFromClient = (index: number) => (CLIENT_FRAME_TYPES as readonly string[]).includes(frames[index]!.type)
    // One example is there to be refused.
    const fromClient = examples.filter((_json, index) => isFromClient(index) && frames[index + 1]!.type !== 'error')
    for (const json of fromClient) expect(parseClientFrame(json)).toEqual({ ok: true, value: expect.anything() })
  })

  it('has every error of answers and of jobs with its status and sentence, and no other', () => {
    expect(table('Code').filter(([code]) => !/^\d/.test(code!))).toEqual([
      ...Object.entries(ERRORS).map(([code, { status, sentence }]) => [code, String(status), sentence]),
      ...Object.entries(JOB_ERRORS).map(([code, sentence]) => [code, sentence]),
    ])
  })

  it('has every error of a delivery and no other', () => {
    expect(table('Error')).toEqual(Object.entries(DELIVERY_ERRORS))
  })

  it('has every close code and no other', () => {
    expect(table('Code').filter(([code]) => /^\d/.test(code!))).toEqual(Object.entries(CLOSE_CODES))
  })

  it('has every limit with its number and no other', () => {
    const inDocument = table('Name').map(([name, limit]) => `${name} ${limit}`)
    const inCode = Object.entries(limits).map(([name, limit]) => `${name} ${limit.toLocaleString('en-US')}`)
    expect(inDocument.sort()).toEqual(inCode.sort())
  })

  it('has every status and priority', () => {
    expect(table('Status')).toEqual(JOB_STATUSES.map((status) => [status, isTerminal(status) ? 'yes' : 'no']))
    for (const priority of PRIORITIES) expect(section('Jobs')).toContain(`\`${priority}\``)
    expect(section('Jobs')).toContain(`\`${DEFAULT_PRIORITY}\` (the default`)
  })
})
