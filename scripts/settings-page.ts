import { readFileSync, writeFileSync } from 'node:fs'
import { environmentName } from '../lib/collect-settings.ts'

/** One setting, as the comment of its type describes it. */
export interface DescribedSetting {
  readonly name: string
  readonly type: string
  readonly meaning: string
  readonly cost: string
  readonly change: string
  readonly defaultValue: string
}

/**
 * Reads the settings of an interface of `lib/settings-input.ts` with their comments.
 *
 * @example
 * describeSettings('LaneInput') // [{ name: 'memoryMb', type: 'number', meaning: 'The memory of …', … }, …]
 */
export function describeSettings(interfaceName: 'SettingsInput' | 'LaneInput'): DescribedSetting[] {
  const source = readFileSync('lib/settings-input.ts', 'utf8')
  const [, body = ''] = new RegExp(`export interface ${interfaceName} \\{\n(.*?)\n\\}`, 's').exec(source) ?? []
  const members = body.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s+readonly (\w+)\?: ([^\n]*)/gs)
  return [...members].map(([, comment, name, type]) => describeSetting(comment!, name!, type!))
}

function describeSetting(comment: string, name: string, type: string): DescribedSetting {
  const text = comment.replaceAll(/^ *\* ?/gm, '').trim()
  const [paragraphs = '', defaultValue = ''] = text.split('@default ')
  const [meaning = '', ...rest] = paragraphs.split('\n\n').map((paragraph) => paragraph.replaceAll('\n', ' ').trim())
  const named = (label: string) => rest.find((one) => one.startsWith(label))?.slice(label.length) ?? ''
  const [cost, change] = [named('Costs: '), named('Change it: ')]
  return { name, type, meaning, cost, change, defaultValue: defaultValue.replace(/^- /, '').trim() }
}

/** Writes the whole page as Markdown. */
export function writeSettingsPage(): string {
  return `${[
    '# Settings',
    'Written by `npm run docs` from the comments in `lib/settings-input.ts`; do not edit.',
    INTRODUCTION,
    ...describeSettings('SettingsInput').map((one) => writeSetting(one, environmentName(one.name))),
    '# Settings of a lane',
    'In the setting `lanes`, each lane has a name and these settings: `{ default: {}, video: { memoryMb: 4096 } }`.',
    ...describeSettings('LaneInput').map((one) => writeSetting(one)),
  ].join('\n\n')}\n`
}

const INTRODUCTION = `Every setting has a default. Give one in any of three ways:

- as a prop of the construct: \`new JobPlatform(this, 'Jobs', { resultTtl: '30d' })\`
- in \`cdk.json\` under \`context\`: \`{ "context": { "jobwire": { "resultTtl": "30d" } } }\`, or for one command: \`cdk deploy -c jobwire='{"resultTtl":"30d"}'\`
- as an environment variable: \`JOBWIRE_RESULT_TTL=30d\`

The environment overrides the prop, and the prop overrides the context. A setting that does not exist is an error that names the nearest one. Lists and objects are JSON in the environment. Prices are those of us-east-1 in November 2026.`

function writeSetting(
  { name, type, meaning, cost, change, defaultValue }: DescribedSetting,
  variable?: string,
): string {
  return [
    `## ${name}`,
    meaning,
    [
      `- **Default:** ${/^['[{\d]|^true$/.test(defaultValue) ? `\`${defaultValue}\`` : defaultValue}`,
      `- **Type:** \`${type}\``,
      ...(variable === undefined ? [] : [`- **Environment:** \`${variable}\``]),
      `- **Cost:** ${cost}`,
      `- **Change it** ${change}`,
    ].join('\n'),
  ].join('\n\n')
}

if (process.argv[2] === '--write') writeFileSync('docs/SETTINGS.md', writeSettingsPage())
