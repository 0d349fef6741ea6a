import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { buildSync } from 'esbuild'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { startCloud, type Cloud } from '../../../local/cloud.ts'
import { processTree } from '../../support/process-tree.ts'
import { clientSettings } from './client-settings.ts'
import { table, writeAssembly, type HandMadeAssembly } from './hand-made-assembly.ts'

const TEMPLATE = {
  Resources: {
    Jobs: table(),
    Token: { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: {} } },
  },
}

let assembly: HandMadeAssembly
const clouds = new Set<Cloud>()

beforeAll(() => {
  assembly = writeAssembly(TEMPLATE)
})
afterEach(async () => {
  await Promise.all([...clouds].map((cloud) => cloud.close()))
  clouds.clear()
})
afterAll(() => assembly.remove())

async function start(dataDir?: string, assemblyDir = assembly.assemblyDir): Promise<Cloud> {
  const cloud = await startCloud({ assemblyDir, runtimePath: 'unused', ...(dataDir === undefined ? {} : { dataDir }) })
  clouds.add(cloud)
  return cloud
}

async function write(endpoint: string, sk: string): Promise<void> {
  const client = new DynamoDBClient(clientSettings(endpoint))
  await client.send(new PutItemCommand({ TableName: 'Jobs', Item: { pk: { S: 'p' }, sk: { S: sk } } }))
  client.destroy()
}

async function has(endpoint: string, sk: string): Promise<boolean> {
  const client = new DynamoDBClient(clientSettings(endpoint))
  const { Item } = await client.send(new GetItemCommand({ TableName: 'Jobs', Key: { pk: { S: 'p' }, sk: { S: sk } } }))
  client.destroy()
  return Item !== undefined
}

async function secret(endpoint: string): Promise<string> {
  const client = new SecretsManagerClient(clientSettings(endpoint))
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: 'Token' }))
  client.destroy()
  return SecretString!
}

function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('error', () => resolve(true))
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
  })
}

describe('a local cloud', () => {
  it('shares nothing with another beside it', async () => {
    const [one, other] = await Promise.all([start(), start()])
    await write(one.endpoint, 'mine')
    expect(await has(one.endpoint, 'mine')).toBe(true)
    expect(await has(other.endpoint, 'mine')).toBe(false)
    expect(await secret(one.endpoint)).not.toBe(await secret(other.endpoint))
  })

  it('keeps tables and secrets in its data directory, and releases it at the end', async () => {
    const first = await start(assembly.dataDir)
    await write(first.endpoint, 'kept')
    const token = await secret(first.endpoint)
    await expect(start(assembly.dataDir)).rejects.toThrow(/is in use by another local cloud \(process \d+\)/)
    await first.close()
    expect(await refuses(first.port)).toBe(true)
    expect(existsSync(join(assembly.dataDir, 'lock'))).toBe(false)

    const second = await start(assembly.dataDir)
    expect(await has(second.endpoint, 'kept')).toBe(true)
    expect(await secret(second.endpoint)).toBe(token)
  })

  it('refuses kept data if its table has other keys than the template', async () => {
    await (await start(assembly.dataDir)).close()
    const KeySchema = [{ AttributeName: 'pk', KeyType: 'HASH' }]
    const AttributeDefinitions = [{ AttributeName: 'pk', AttributeType: 'S' }]
    const changed = writeAssembly({ Resources: { Jobs: table({ KeySchema, AttributeDefinitions }) } })
    await expect(start(assembly.dataDir, changed.assemblyDir)).rejects.toThrow(/Jobs .*other keys or indexes/)
    changed.remove()
  })

  it('leaves no process behind when a start fails or ends', async () => {
    const before = processTree(process.pid)
    const broken = writeAssembly({
      Resources: { ...TEMPLATE.Resources, Bad: { Type: 'AWS::Logs::LogGroup', Properties: { X: 1 } } },
    })
    await expect(start(undefined, broken.assemblyDir)).rejects.toThrow(/property X/)
    broken.remove()
    const cloud = await start()
    expect(ours(before)).not.toEqual([])
    await cloud.close()
    expect(ours(before)).toEqual([])
  })

  it('takes any DynamoDB endpoint instead of a Dynoxide of its own', async () => {
    const engine = await start()
    const before = processTree(process.pid)
    const { assemblyDir } = assembly
    const cloud = await startCloud({ assemblyDir, runtimePath: 'unused', dynamodbEndpoint: engine.endpoint })
    clouds.add(cloud)
    expect(ours(before)).toEqual([])
    await write(cloud.endpoint, 'elsewhere')
    expect(await has(engine.endpoint, 'elsewhere')).toBe(true)
  })

  it('says which port is in use', async () => {
    const { port } = await start()
    const { assemblyDir } = assembly
    await expect(startCloud({ assemblyDir, runtimePath: 'unused', port })).rejects.toThrow(`Port ${port} is in use`)
  })
})

describe('a cloud that is killed with SIGKILL', () => {
  const PROGRAM = `
    import { startCloud } from './local/cloud.ts'
    const [assemblyDir, dataDir] = process.argv.slice(2)
    startCloud({ assemblyDir, dataDir, runtimePath: 'unused' }).then(({ endpoint }) => console.log(endpoint))
  `

  it('takes Dynoxide with it, and loses nothing', async () => {
    const program = join(assembly.workDir, 'program.cjs')
    buildSync({
      stdin: { contents: PROGRAM, resolveDir: process.cwd(), loader: 'ts' },
      outfile: program,
      bundle: true,
      platform: 'node',
      external: ['esbuild'],
    })
    const dataDir = join(assembly.workDir, 'killed')
    const child = spawn(process.execPath, [program, assembly.assemblyDir, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [endpoint] = (await once(child.stdout, 'data')).map((line) => String(line).trim())
    await write(endpoint!, 'durable')
    const token = await secret(endpoint!)
    const tree = processTree(child.pid!)
    expect(tree.length).toBeGreaterThan(2)

    child.kill('SIGKILL')
    await once(child, 'exit')
    const deadline = performance.now() + 5_000
    while (tree.some(isAlive) && performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve))
    expect(tree.filter(isAlive)).toEqual([])

    const again = await start(dataDir)
    expect(await has(again.endpoint, 'durable')).toBe(true)
    expect(await secret(again.endpoint)).toBe(token)
  })
})

/** A process that has ended and only waits for its parent to notice (a zombie) is not alive. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z')
}

/** Returns the processes that this process has started since, without the `ps` that looks. */
function ours(before: readonly number[]): number[] {
  return processTree(process.pid).filter((pid) => !before.includes(pid) && isAlive(pid))
}
