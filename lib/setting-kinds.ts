import { type Duration, durationMs } from '../protocol/kit/policy.ts'
import { nearestName } from './nearest-name.ts'

/**
 * A setting is not allowed. The message names the setting and the allowed values.
 *
 * @example
 * try {
 *   parseSettings({ memoryMb: 64 })
 * } catch (error) {
 *   if (error instanceof SettingsError) console.error(error.message) // The setting "memoryMb" is 64. It must be …
 * }
 */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/** One second in milliseconds. */
export const SECOND_MS = 1_000

/**
 * The allowed values of a setting. `read` returns undefined for any other value. It also reads numbers, durations and
 * booleans from strings, because settings may come from the environment.
 */
export interface Kind<T> {
  /** Completes the sentence `It must be …`. */
  readonly allowed: string
  /** Reads a value. `path` names the setting in errors about its parts. */
  readonly read: (value: unknown, path: string) => T | undefined
}

type Kinds = Readonly<Record<string, Kind<any>>>

/**
 * Checks that an object has no unknown settings. Returns a function that reads one setting, or returns its default.
 *
 * @example
 * const setting = readObject({ memoryMb: 256 }, 'settings', { memoryMb: wholeNumber(128, 10_240) })
 * setting('memoryMb', 512) // 256
 */
export function readObject<K extends Kinds>(input: unknown, path: string, kinds: K) {
  const values = objectFrom(input, path === 'settings' ? 'The settings' : `The setting "${path}"`)
  const at = (name: string) => (path === 'settings' ? name : `${path}.${name}`)
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(kinds, name)) {
      const nearest = nearestName(name, Object.keys(kinds))
      const advice = nearest === undefined ? '' : ` Did you mean "${at(nearest)}"?`
      throw new SettingsError(
        `There is no setting "${at(name)}".${advice} Use one of: ${Object.keys(kinds).map(at).join(', ')}.`,
      )
    }
  }
  return <Name extends keyof K & string>(name: Name, absent: KindValue<K[Name]>): KindValue<K[Name]> => {
    const value = values[name]
    return value === undefined ? absent : readValue(value, at(name), kinds[name]!)
  }
}

type KindValue<K> = K extends Kind<infer T> ? T : never

/**
 * Reads one value. Throws a `SettingsError` if it is not allowed.
 *
 * @example
 * readValue('256', 'memoryMb', wholeNumber(128, 10_240)) // 256
 */
export function readValue<T>(value: unknown, path: string, kind: Kind<T>): T {
  const read = kind.read(value, path)
  if (read === undefined) {
    throw new SettingsError(`The setting "${path}" is ${JSON.stringify(value)}. It must be ${kind.allowed}.`)
  }
  return read
}

/**
 * Reads an object, also from JSON. Throws a `SettingsError` about `what` if the value is not an object.
 *
 * @example
 * objectFrom('{"memoryMb": 256}', 'JOBWIRE_LANES') // { memoryMb: 256 }
 */
export function objectFrom(value: unknown, what: string): Readonly<Record<string, unknown>> {
  let parsed = value
  if (typeof value === 'string') {
    try {
      parsed = JSON.parse(value)
    } catch {
      throw new SettingsError(`${what} is not valid JSON: ${value}`)
    }
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new SettingsError(`${what} must be an object, not ${JSON.stringify(parsed)}.`)
  }
  return parsed as Record<string, unknown>
}

/**
 * A string that matches a pattern.
 *
 * @example
 * const name = text('1 to 40 letters', /^[A-Za-z]{1,40}$/)
 */
export function text(allowed: string, pattern: RegExp): Kind<string> {
  return { allowed, read: (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined) }
}

/**
 * A list of strings that match a pattern, also from JSON.
 *
 * @example
 * const packages = list('a list of names of packages', /^[\w.-]+$/)
 */
export function list(allowed: string, pattern: RegExp): Kind<readonly string[]> {
  return {
    allowed,
    read: (value) => {
      let given = value
      try {
        if (typeof value === 'string') given = JSON.parse(value)
      } catch {
        return undefined
      }
      const isRight = Array.isArray(given) && given.every((entry) => typeof entry === 'string' && pattern.test(entry))
      return isRight ? (given as string[]) : undefined
    },
  }
}

/**
 * Strings by the names of environment variables, also from JSON. `reserved` are names that cannot be set.
 *
 * @example
 * const environment = variables(['RESULTS_TABLE'])
 */
export function variables(reserved: readonly string[]): Kind<Readonly<Record<string, string>>> {
  return {
    allowed: 'an object of strings by the names of environment variables',
    read: (value, path) => {
      const given = objectFrom(value, `The setting "${path}"`)
      for (const [name, content] of Object.entries(given)) {
        // The content may be a secret, so the message does not tell it.
        const subject = `The setting "${path}" has the variable "${name}"`
        if (typeof content !== 'string') throw new SettingsError(`${subject}, which must be a string.`)
        if (reserved.includes(name)) throw new SettingsError(`${subject}, which Jobwire sets itself. Use another name.`)
        if (!/^[A-Za-z]\w+$/.test(name)) throw new SettingsError(`${subject}. AWS does not allow this name.`)
      }
      return given as Record<string, string>
    },
  }
}

/**
 * A whole number within a range.
 *
 * @example
 * const memoryMb = wholeNumber(128, 10_240)
 */
export function wholeNumber(min: number, max: number): Kind<number> {
  return {
    allowed: `a whole number from ${min} to ${max}`,
    read: (value) => {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
      return Number.isInteger(number) && (number as number) >= min && (number as number) <= max
        ? (number as number)
        : undefined
    },
  }
}

/**
 * A duration within a range, in whole seconds. Read as milliseconds.
 *
 * @example
 * const timeout = duration('a duration from 1 to 29 seconds, like "20s"', 1_000, 29_000)
 */
export function duration(allowed: string, minMs: number, maxMs: number): Kind<number> {
  return {
    allowed,
    read: (value) => {
      if (typeof value !== 'string' && typeof value !== 'number') return undefined
      let ms: number
      try {
        ms = durationMs(value as Duration)
      } catch {
        return undefined
      }
      // CloudFormation counts timeouts in whole seconds.
      return ms >= minMs && ms <= maxMs && ms % SECOND_MS === 0 ? ms : undefined
    },
  }
}

/**
 * One of a few values. `fromText` converts a string before the comparison.
 *
 * @example
 * const retentionDays = oneOf([7, 30, 90], Number)
 */
export function oneOf<T>(values: readonly T[], fromText: (value: string) => unknown = (value) => value): Kind<T> {
  return {
    allowed: `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`,
    read: (value) => {
      const candidate = typeof value === 'string' ? fromText(value) : value
      return values.find((allowed) => allowed === candidate)
    },
  }
}
