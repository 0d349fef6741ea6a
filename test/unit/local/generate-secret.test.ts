import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import {
  generateSecretString,
  type GenerateSecretString,
} from '../../../local/services/secrets-manager/generate-secret.ts'

const generate = (options: GenerateSecretString): string => generateSecretString(options, 'Token')

describe('a generated secret', () => {
  it('has 32 characters, one of each type at least, unless asked otherwise', () => {
    const secret = generate({})
    expect(secret).toHaveLength(32)
    for (const type of [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9 ]/]) expect(secret).toMatch(type)
    expect(generate({})).not.toBe(secret)
  })

  it('has the asked length and no excluded character', () => {
    const options = fc.record({
      PasswordLength: fc.integer({ min: 8, max: 64 }),
      ExcludeLowercase: fc.boolean(),
      ExcludeUppercase: fc.boolean(),
      ExcludePunctuation: fc.boolean(),
      IncludeSpace: fc.boolean(),
      RequireEachIncludedType: fc.boolean(),
      ExcludeCharacters: fc.constantFrom('', '"@/\\', '0123'),
    })
    fc.assert(
      fc.property(options, (given) => {
        const secret = generate(given)
        expect(secret).toHaveLength(given.PasswordLength)
        const forbidden = [
          given.ExcludeCharacters,
          given.ExcludeLowercase ? 'abcdefghijklmnopqrstuvwxyz' : '',
          given.ExcludeUppercase ? 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' : '',
          given.ExcludePunctuation ? '!"#$%&()*+,-./:;<=>?@[]^_`{|}~' : '',
          given.IncludeSpace ? '' : ' ',
        ].join('')
        expect(Array.from(secret).filter((character) => forbidden.includes(character))).toEqual([])
      }),
      { numRuns: 50 },
    )
  })

  it('goes into the template of a JSON secret', () => {
    const options = { SecretStringTemplate: '{"user":"admin"}', GenerateStringKey: 'password', PasswordLength: 20 }
    expect(JSON.parse(generate(options))).toEqual({ user: 'admin', password: expect.stringMatching(/^.{20}$/) })
  })

  it.each<[GenerateSecretString, RegExp]>([
    [{ Unheard: 1 } as GenerateSecretString, /^Token: .*GenerateSecretString\.Unheard/],
    [{ PasswordLength: 2 }, /^Token: no secret can be generated/],
    [{ GenerateStringKey: 'password' }, /^Token: .*together/],
    [{ GenerateStringKey: 'password', SecretStringTemplate: '{' }, /^Token: .*not valid JSON/],
  ])('is refused for %j', (options, expected) => {
    expect(() => generate(options)).toThrow(expected)
  })
})
