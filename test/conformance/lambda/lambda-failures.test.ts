import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openLambdaCloud } from './lambda-cloud.ts'
import type { LambdaCloud } from './lambda-cloud.ts'

describe('functions that fail', () => {
  let cloud: LambdaCloud
  beforeAll(() => {
    cloud = openLambdaCloud()
  })
  afterAll(() => cloud.close())

  it('returns the type, message and trace of a thrown error, and keeps the environment', async () => {
    const source = `let count = 0; exports.handler = async ({ fail }) => { count++; if (fail) throw new TypeError('no such luck'); return count }`
    const throws = await cloud.define('Throws', source)
    const { value, functionError } = await cloud.run(throws, { fail: true })
    expect(functionError).toBe('Unhandled')
    expect(value).toMatchObject({ errorType: 'TypeError', errorMessage: 'no such luck' })
    expect(value.trace[0]).toBe('TypeError: no such luck')
    expect((await cloud.run(throws)).value).toBe(2)
  })

  it('returns an error for thrown values that are not errors, and for results that are not JSON', async () => {
    const text = await cloud.define('ThrowsText', `exports.handler = async () => { throw 'just text' }`)
    expect((await cloud.run(text)).value).toEqual({ errorType: 'string', errorMessage: 'just text', trace: [] })
    const bigint = await cloud.define('Bigint', 'exports.handler = async () => 1n')
    expect((await cloud.run(bigint)).value.errorType).toBe('Runtime.JSONStringifyError')
  })

  it('ends an invocation at its timeout, and the environment with it', async () => {
    const source = `
      let count = 0
      exports.handler = async ({ hang }) => { count++; if (hang) { console.log('hanging'); for (;;); } return count }`
    const hangs = await cloud.define('Hangs', source, { Timeout: 3 })
    await cloud.run(hangs)
    const hanging = cloud.run(hangs, { hang: true })
    await cloud.logged('hanging')
    await cloud.clock.advance(2_999)
    expect(cloud.lambda.environmentCount(hangs)).toBe(1)
    await cloud.clock.advance(1)
    const { value, functionError, requestId } = await hanging
    expect(functionError).toBe('Unhandled')
    expect(value).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 3.00 seconds`,
    })
    expect((await cloud.run(hangs)).value).toBe(1)
  })

  it('ends an initialisation that takes more than ten seconds', async () => {
    const slow = await cloud.define('SlowInit', `console.log('initialising'); for (;;);`)
    const invocation = cloud.run(slow)
    await cloud.logged('initialising')
    await cloud.clock.advance(10_000)
    expect((await invocation).value.errorType).toBe('Sandbox.Timedout')
  })

  it.each([
    ['status 1', 'process.exit(1)', 'Runtime exited with error: exit status 1'],
    ['status 0', 'process.exit()', 'Runtime exited without providing a reason'],
    [
      'an uncaught error',
      `setTimeout(() => { throw new Error('late') }); await new Promise((go) => setTimeout(go, 60000))`,
      'Runtime exited with error: exit status 1',
    ],
    [
      'an unhandled rejection',
      `Promise.reject(new Error('late')); await new Promise((go) => setTimeout(go, 60000))`,
      'Runtime exited with error: exit status 1',
    ],
  ])('reports an exit by %s, and starts afresh', async (what, statement, sentence) => {
    const source = `let count = 0; exports.handler = async ({ end }) => { count++; if (end) { ${statement} } return count }`
    const exits = await cloud.define(`Exits-${what.replaceAll(' ', '-')}`, source)
    await cloud.run(exits)
    const { value, functionError, requestId } = await cloud.run(exits, { end: true })
    expect(functionError).toBe('Unhandled')
    expect(value).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: ${sentence}`,
    })
    expect((await cloud.run(exits)).value).toBe(1)
  })

  it('logs the error that ended an environment', async () => {
    const source = `exports.handler = async () => { setTimeout(() => { throw new Error('the culprit') }); await new Promise((go) => setTimeout(go, 60000)) }`
    await cloud.run(await cloud.define('Culprit', source))
    expect(await cloud.logged('Uncaught Error: the culprit')).toMatchObject({ source: 'Culprit', level: 'error' })
  })

  it('reports a promise that nothing can settle any more', async () => {
    const never = await cloud.define('Never', 'exports.handler = () => new Promise(() => {})')
    const { value } = await cloud.run(never)
    expect(value.errorType).toBe('Runtime.NodeJsExit')
    expect(value.errorMessage).toContain('a Promise that was never settled')
  })

  it('kills an environment that runs out of memory', async () => {
    // Of a shape that runs out of memory in the thread only: with others, some versions of V8 end the whole process
    // (nodejs/node#47224).
    const source = `exports.handler = async () => { const all = []; for (let n = 0; ; n++) all.push({ n, list: [n] }) }`
    const hungry = await cloud.define('Hungry', source, { MemorySize: 128 })
    const { value, requestId } = await cloud.run(hungry)
    expect(value).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
    })
  })

  it.each([
    [
      'a missing module',
      { 'index.js': `require('not-there')` },
      'Runtime.ImportModuleError',
      `Cannot find module 'not-there'`,
    ],
    ['a missing file', { 'other.js': '' }, 'Runtime.ImportModuleError', `Error: Cannot find module 'index'`],
    [
      'a syntax error',
      { 'index.js': 'exports.handler = async ( => 1' },
      'Runtime.UserCodeSyntaxError',
      'SyntaxError: ',
    ],
    [
      'no such export',
      { 'index.js': 'exports.other = 1' },
      'Runtime.HandlerNotFound',
      'index.handler is undefined or not exported',
    ],
    [
      'an export that is not a function',
      { 'index.js': 'exports.handler = 1' },
      'Runtime.HandlerNotFound',
      'index.handler is not a function',
    ],
    ['an error at load', { 'index.js': `throw new RangeError('not today')` }, 'RangeError', 'not today'],
    [
      'a handler with a callback',
      { 'index.js': 'exports.handler = (event, context, callback) => callback(null, 1)' },
      'Runtime.CallbackHandlerDeprecated',
      'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24',
    ],
  ])('reports %s at initialisation', async (what, files: Record<string, string>, errorType, message) => {
    const broken = await cloud.defineFiles(`Init-${what.replaceAll(' ', '-')}`, files)
    const { value, functionError } = await cloud.run(broken)
    expect(functionError).toBe('Unhandled')
    expect(value.errorType).toBe(errorType)
    expect(value.errorMessage).toContain(message)
  })

  it('refuses a response over 6 MB, and a request', async () => {
    const echo = await cloud.define('Echo', `exports.handler = async ({ size }) => 'x'.repeat(size)`)
    expect((await cloud.run(echo, { size: 6_291_554 })).functionError).toBeUndefined()
    const { value, functionError } = await cloud.run(echo, { size: 6_291_555 })
    expect(functionError).toBe('Unhandled')
    expect(value).toEqual({
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
    })
    await expect(cloud.lambda.invoke(echo, JSON.stringify('x'.repeat(6_291_455)))).rejects.toMatchObject({
      code: 'RequestEntityTooLargeException',
      status: 413,
    })
  })
})
