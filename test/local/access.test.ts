import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogEntry } from '../../local/context.ts'
import { deployStack, type DeployedStack, synthesizeWith } from '../support/deployed-stack.ts'

/** Copies the stack, and removes one action from every policy of the template. */
function withoutGrant(assemblyDir: string, action: string, into: string): void {
  cpSync(assemblyDir, into, { recursive: true })
  for (const file of readdirSync(into).filter((name) => name.endsWith('.template.json'))) {
    const template = JSON.parse(readFileSync(join(into, file), 'utf8'))
    writeFileSync(
      join(into, file),
      JSON.stringify(template, (key, value) => (key === 'Action' ? removeFrom(value, action) : value)),
    )
  }
}

function removeFrom(actions: unknown, action: string): unknown {
  if (actions === action) return 'none:Nothing'
  return Array.isArray(actions) ? actions.filter((candidate) => candidate !== action) : actions
}

describe('a stack that lost a grant', () => {
  const workDir = mkdtempSync(join(tmpdir(), 'jobwire-access-'))
  const log: LogEntry[] = []
  let stack: DeployedStack

  beforeAll(async () => {
    withoutGrant(await synthesizeWith({}), 'dynamodb:PutItem', join(workDir, 'assembly'))
    stack = await deployStack(join(workDir, 'assembly'), { log: (entry) => log.push(entry) })
  })
  afterAll(async () => {
    await stack.close()
    rmSync(workDir, { recursive: true, force: true })
  })

  it('fails with an AccessDenied that names the action and the resource, and tells the client neither', async () => {
    const answer = await fetch(`${stack.restUrl}/jobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await stack.token('access', 60)}` },
      body: JSON.stringify({ task: 'greet', input: { name: 'nobody' } }),
    })
    const body = await answer.text()
    expect(answer.status).toBeGreaterThanOrEqual(500)
    expect(body).not.toMatch(/dynamodb|arn:aws|AccessDenied/)

    const logged = log.map((entry) => entry.message).join('\n')
    expect(logged).toContain('AccessDeniedException')
    expect(logged).toMatch(
      /not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:[^ ]*:table\/[^ ]+/,
    )
  })
})
