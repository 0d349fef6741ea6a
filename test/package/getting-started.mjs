// Follows docs/guides/getting-started.md as a reader does: its commands and its code as they stand, in an empty folder,
// with the packed packages.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, equal, root, run } from './checks.mjs'
import { failureOf, startDev } from './dev-checks.mjs'

const GUIDE = 'docs/guides/getting-started.md'
const LIVE_MS = 30_000

/** Beside the guide's table: what an app has as well, and what a laptop only pretends to have. */
const MORE_RESOURCES = `
    const queue = new all.aws_sqs.Queue(this, 'Parcels');
    const code = all.aws_lambda.Code.fromInline('exports.handler = async () => undefined');
    const pack = new all.aws_lambda.Function(this, 'Pack', {
      runtime: all.aws_lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code,
    });
    pack.addEventSource(new all.aws_lambda_event_sources.SqsEventSource(queue));
    new all.aws_sns.Topic(this, 'News');
    pack.metricErrors().createAlarm(this, 'Errors', { threshold: 1, evaluationPeriods: 1 });
`

function withMoreResources(stack) {
  return `import * as all from 'aws-cdk-lib';\n${stack.replace('    const jobs =', `${MORE_RESOURCES}    const jobs =`)}`
}

/** Returns the blocks of the guide in their order: shell commands, and files that their first line names. */
function readGuide() {
  const text = readFileSync(join(root, GUIDE), 'utf8')
  return [...text.matchAll(/^```(sh|ts|js)\n(.*?)^```$/gms)].map(([, kind, body]) => {
    const path = /^\/\/ (\S+)\n/.exec(body)?.[1]
    return kind === 'sh' ? { commands: body.trim().split('\n') } : { path, body: body.slice(body.indexOf('\n') + 1) }
  })
}

export async function checkGuide(folder, tarballs, cdk, pinned) {
  const app = join(folder, 'shop')
  const bin = join(app, 'node_modules/jobwire/dist/bin.mjs')
  const outputs = new Map()
  let stop = async () => undefined
  const shell = (command) => run(existsSync(app) ? app : folder, 'sh', ['-c', command])
  const started = performance.now()

  /** The packages are not published yet, and all else is pinned. */
  async function obey(command) {
    if (command === 'npx jobwire dev') {
      stop = await startDev(app, bin)
      return
    }
    const local = command
      .replace('npx cdk init', `node ${cdk} init --generate-only`)
      .replace('npm install jobwire @jobwire/sdk', `npm install ${[...pinned, ...tarballs].join(' ')}`)
      .replace('npm install', 'npm install --prefer-offline --ignore-scripts --no-audit --no-fund')
      .replace('npx jobwire', `node ${bin}`)
    outputs.set(command, command.includes('watch') ? failureOf(() => shell(local)) : shell(local))
  }

  /** Runs the command until the change that was just saved is live. */
  async function obeyOnceLive(command) {
    const deadline = performance.now() + LIVE_MS
    for (;;) {
      try {
        return await obey(command)
      } catch (error) {
        if (performance.now() > deadline) throw error
      }
    }
  }

  await check('guide: its commands and its code work as they stand', async () => {
    try {
      for (const { commands, path, body } of readGuide()) {
        if (path !== undefined) {
          const isStack = path.startsWith('lib/')
          writeFileSync(join(app, path), isStack ? withMoreResources(body) : body)
        }
        for (const command of commands ?? []) {
          await (command.includes('run order') ? obeyOnceLive(command) : obey(command))
          if (command === 'node hello.mjs') {
            console.log(
              `package: from an empty folder to a pushed result in ${Math.round((performance.now() - started) / 1_000)} s`,
            )
          }
        }
      }
      equal(outputs.get(`npx jobwire run greet '{"name": "Ada"}'`).trim(), '"Hello, Ada!"')
      equal(outputs.get('node hello.mjs').trim(), 'Hello, Grace!')
      for (const [part, text] of [
        ['run order', '"17"'],
        ['list', 'greet'],
        ['watch', 'NO_PRICE'],
        ['failures', 'NO_PRICE'],
      ]) {
        const [command, output] = [...outputs].find(([each]) => each.includes(part))
        if (!output.includes(text)) throw new Error(`${command} printed:\n${output}`)
      }
    } finally {
      await stop()
    }
  })
  await check('guide: the app synthesizes for AWS', () => shell(`node ${cdk} synth --quiet`))
  await check('guide: the app deploys to an emulator by cdk deploy, and runs a job there', () => {
    const script = [join(root, 'scripts/run.mjs'), 'test/emulator/deploy-assembly.ts', app, 'ShopStack']
    const printed = run(root, process.execPath, [...script, 'run', 'order', '{"id": "17", "cents": 900}'])
    equal(printed, '{\n  "saved": "17"\n}\n')
  })
}
