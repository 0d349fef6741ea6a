import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { settingNames } from '../../../lib/settings.ts'
import { describeSettings, writeSettingsPage } from '../../../scripts/settings-page.ts'

describe('docs/SETTINGS.md', () => {
  it('is what `npm run docs` writes', () => {
    expect(readFileSync('docs/SETTINGS.md', 'utf8')).toBe(writeSettingsPage())
  })

  it('has every setting', () => {
    expect(describeSettings('SettingsInput').map(({ name }) => name)).toEqual(settingNames())
  })

  it('says of each setting its meaning, its default, its cost and when to change it', () => {
    const settings = [...describeSettings('SettingsInput'), ...describeSettings('LaneInput')]
    const incomplete = settings.filter((setting) => Object.values(setting).some((value) => value === ''))
    expect(incomplete).toEqual([])
    expect(settings.length).toBeGreaterThan(15)
  })
})
