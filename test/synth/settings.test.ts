import { describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SettingsError } from '../../lib/setting-kinds.ts'
import { collectSettings, refuseTopLevelSettings, settingsVariables } from '../../lib/collect-settings.ts'
import { parseSettings } from '../../lib/settings.ts'
import type { SettingsInput } from '../../lib/settings-input.ts'

describe('settings', () => {
  it('are complete if none is given', () => {
    expect(parseSettings({})).toEqual({
      namePrefix: 'Jobwire',
      tasksPath: 'tasks/index.ts',
      externalModules: [],
      layers: [],
      environment: {},
      resultTtl: 7 * 24 * 3_600_000,
      resultShards: 16,
      memoryMb: 512,
      timeout: 29_000,
      logRetentionDays: 30,
      jobLog: 'failures',
      removalPolicy: 'retain',
      deletionProtection: true,
      webhookTargets: 'public',
      lanes: { default: { memoryMb: 1_024, timeout: 60_000, maxConcurrency: {} } },
    })
  })

  it('may be read again', () => {
    const settings = parseSettings({ resultTtl: '1h', lanes: { default: { maxConcurrency: 5 }, big: {} } })
    expect(parseSettings(settings)).toEqual(settings)
  })

  it('protect the tables from deletion unless the tables are deleted with the stack', () => {
    expect(parseSettings({ removalPolicy: 'destroy' }).deletionProtection).toBe(false)
    expect(parseSettings({ removalPolicy: 'destroy', deletionProtection: true }).deletionProtection).toBe(true)
  })

  it('limit every priority by one number, or each by its own', () => {
    const limits = (maxConcurrency: number | Record<string, number>) =>
      parseSettings({ lanes: { default: { maxConcurrency } } }).lanes['default']!.maxConcurrency
    expect(limits(7)).toEqual({ critical: 7, high: 7, normal: 7, low: 7 })
    expect(limits({ low: 2 })).toEqual({ low: 2 })
  })

  it.each<[unknown, string]>([
    [{ resultShards: 0 }, 'The setting "resultShards" is 0. It must be a whole number from 1 to 256.'],
    [{ resultShards: 1.5 }, 'The setting "resultShards" is 1.5. It must be a whole number from 1 to 256.'],
    [
      { resultTtl: '3 days' },
      'The setting "resultTtl" is "3 days". It must be a duration from a minute to ten years, like "7d".',
    ],
    [
      { resultTtl: '30s' },
      'The setting "resultTtl" is "30s". It must be a duration from a minute to ten years, like "7d".',
    ],
    [{ timeout: '30s' }, 'The setting "timeout" is "30s". It must be a duration from 1 to 29 seconds, like "20s".'],
    [
      { timeout: '1500ms' },
      'The setting "timeout" is "1500ms". It must be a duration from 1 to 29 seconds, like "20s".',
    ],
    [
      { externalModules: ['sharp', ''] },
      'The setting "externalModules" is ["sharp",""]. It must be a list of names of packages, like ["sharp"].',
    ],
    [{ layers: 'layers/sharp' }, 'The setting "layers" is "layers/sharp". It must be a list of ARNs'],
    [{ environment: { PORT: 80 } }, 'The setting "environment" has the variable "PORT", which must be a string.'],
    [
      { environment: { QUEUE_URLS: 'secret' } },
      'The setting "environment" has the variable "QUEUE_URLS", which Jobwire sets itself. Use another name.',
    ],
    [
      { environment: { 'a-b': 'secret' } },
      'The setting "environment" has the variable "a-b". AWS does not allow this name.',
    ],
    [{ memoryMb: 64 }, 'The setting "memoryMb" is 64. It must be a whole number from 128 to 10240.'],
    [{ removalPolicy: 'keep' }, 'The setting "removalPolicy" is "keep". It must be one of "retain", "destroy".'],
    [{ deletionProtection: 'yes' }, 'The setting "deletionProtection" is "yes". It must be one of true, false.'],
    [{ webhookTargets: 'all' }, 'The setting "webhookTargets" is "all". It must be one of "public", "any".'],
    [{ logRetentionDays: 31 }, /^The setting "logRetentionDays" is 31. It must be one of 1, 3, 5, 7, /.source],
    [{ namePrefix: '7up' }, /^The setting "namePrefix" is "7up". It must be 1 to 40 letters/.source],
    [{ lanes: { default: {}, external: {} } }, /^The setting "lanes" is .*, and is not "external"/.source],
    [{ lanes: { big: {} } }, /^The setting "lanes" is .*. It must be an object of lanes that has "default"/.source],
    [{ lanes: { default: { memoryMb: 1 } } }, /^The setting "lanes.default.memoryMb" is 1. /.source],
    [{ lanes: { default: { maxConcurrency: 1 } } }, /^The setting "lanes.default.maxConcurrency" is 1. /.source],
    [
      { lanes: { default: { maxConcurrency: { low: 0 } } } },
      /^The setting "lanes.default.maxConcurrency.low" is 0. /.source,
    ],
    [
      { lanes: { default: { cpu: 2 } } },
      /^There is no setting "lanes.default.cpu". Use one of: lanes.default.mem/.source,
    ],
    [{ shards: 4 }, /^There is no setting "shards". Use one of: namePrefix, .*, resultShards, /.source],
    [[], 'The settings must be an object, not [].'],
  ])('refuse %j and say what is allowed', (input, message) => {
    const parse = () => parseSettings(input as SettingsInput)
    expect(parse).toThrow(SettingsError)
    expect(parse).toThrow(message.startsWith('^') ? new RegExp(message) : message)
  })
})

describe('the settings of the app', () => {
  it('come from the context, overridden by props, and those by environment variables', () => {
    const input = collectSettings({
      context: { resultTtl: '30d', resultShards: 4, timeout: '9s', lanes: { default: { memoryMb: 2_048 } } },
      props: { resultShards: 2, timeout: '10s', ...({ memoryMb: undefined } as object) },
      environment: {
        JOBWIRE_RESULT_SHARDS: '8',
        JOBWIRE_DELETION_PROTECTION: 'false',
        JOBWIRE_LOG_RETENTION_DAYS: '7',
        JOBWIRE_LANES: '{"default":{"maxConcurrency":9}}',
        JOBWIRE_TIMEOUT: '',
        JOBWIRE_TARGET: 'aws',
      },
    })
    expect(parseSettings(input)).toMatchObject({
      resultTtl: 30 * 24 * 3_600_000,
      resultShards: 8,
      deletionProtection: false,
      logRetentionDays: 7,
      timeout: 10_000,
      memoryMb: 512,
      lanes: { default: { memoryMb: 1_024, maxConcurrency: { low: 9 } } },
    })
  })

  it('may be one JSON text, as `cdk -c jobwire=…` gives it', () => {
    expect(parseSettings(collectSettings({ context: '{"namePrefix":"Acme"}', environment: {} })).namePrefix).toBe(
      'Acme',
    )
  })

  it('are refused if there is no setting of that name, and the message has the nearest name', () => {
    const parse = (settings: object) => () => parseSettings(settings)
    expect(parse({ resultTTL: '1d' })).toThrow('There is no setting "resultTTL". Did you mean "resultTtl"?')
    expect(parse({ lanes: { default: { memory: 512 } } })).toThrow('Did you mean "lanes.default.memoryMb"?')
    expect(parse({ colour: 'red' })).toThrow('There is no setting "colour". Use one of: ')
    expect(() => collectSettings({ environment: { JOBWIRE_RESULTS_TTL: '1d' } })).toThrow(
      'The environment has JOBWIRE_RESULTS_TTL, which is no setting. Did you mean JOBWIRE_RESULT_TTL?',
    )
    // Variables of the command line and of tests.
    collectSettings({
      environment: { JOBWIRE_URL: 'x', JOBWIRE_TOKEN: 'x', JOBWIRE_PROFILE: 'x', JOBWIRE_TARGET: 'x' },
    })
  })

  it('are refused at the top level of cdk.json, where the CDK ignores them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'jobwire-settings-'))
    const write = (file: object) => writeFileSync(join(folder, 'cdk.json'), JSON.stringify(file))
    try {
      refuseTopLevelSettings(folder)
      write({ app: 'node app.js', context: { jobwire: {} } })
      refuseTopLevelSettings(folder)
      write({ app: 'node app.js', jobwire: { resultTtl: '1d' } })
      expect(() => refuseTopLevelSettings(folder)).toThrow('cdk.json has the key "jobwire" at its top level')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('are refused by name if they are not JSON or not an object', () => {
    expect(() => collectSettings({ context: '{namePrefix:"Acme"}', environment: {} })).toThrow(
      'The context key "jobwire" is not valid JSON',
    )
    expect(() => collectSettings({ environment: { JOBWIRE_LANES: '3' } })).toThrow('JOBWIRE_LANES must be an object')
  })

  it('have one environment variable each', () => {
    expect(settingsVariables()).toEqual(
      expect.arrayContaining(['JOBWIRE_NAME_PREFIX', 'JOBWIRE_RESULT_TTL', 'JOBWIRE_LANES', 'JOBWIRE_TASKS_PATH']),
    )
    expect(settingsVariables()).toHaveLength(Object.keys(parseSettings({})).length)
  })
})
