import { expect } from '@jest/globals'
import { valueAtPath } from '../../../local/named-values.ts'
import type { AwsAnswer } from './aws-process.ts'

/** The values that calls name as `$bucket`: the outputs of the stack, and what earlier calls of the table kept. */
export type Values = Record<string, string>

/** One call of the AWS command line, and what it must return. */
export interface Call {
  /**
   * The arguments behind `aws <service>`, as typed in a shell: `$name` is a value, and single quotes keep spaces
   * together.
   */
  readonly line: string
  /** `works`: a success, or AWS's own error. `refused`: the local cloud says that it does not have the operation. */
  readonly kind: 'works' | 'refused'
  /** An operation without which this call has no meaning. */
  readonly builtOn?: string
  expectAnswer(answer: AwsAnswer, values: Values): void
}

/** The calls of one service. They run in this order, and each may use what those before it left. */
export interface CallTable {
  /** The word behind `aws`. */
  readonly service: string
  readonly calls: readonly Call[]
}

/** Makes a call that needs what another operation has done, which an older command line may not know. */
export function builtOn(operation: string, call: Call): Call {
  return { ...call, builtOn: operation }
}

/** Returns true if the installed command line is too old to know the operation, or one of the options. */
export function isTooOld({ status, stderr }: AwsAnswer): boolean {
  return (status === 2 || status === 252) && /Invalid choice|Unknown options/.test(stderr)
}

/** Expects that the call succeeds. Older command lines print less of the answer, or nothing. */
export function succeeds(line: string): Call {
  return { line, kind: 'works', expectAnswer: ({ status, stderr }) => expect([status, stderr]).toEqual([0, '']) }
}

/** Expects a JSON answer with these fields, or none at all. `keep` gives names to values of the answer, by path. */
export function works(line: string, fields?: object, keep: Readonly<Record<string, string>> = {}): Call {
  return {
    line,
    kind: 'works',
    expectAnswer({ status, stdout, stderr }, values) {
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      if (fields === undefined) return expect(stdout.trim()).toBe('')
      const answer: unknown = JSON.parse(stdout)
      expect(answer).toMatchObject(fields)
      for (const [name, path] of Object.entries(keep)) values[name] = String(valueAtPath(answer, path))
    },
  }
}

/** Expects that the call succeeds and prints a text that matches. */
export function prints(line: string, text: RegExp): Call {
  return {
    line,
    kind: 'works',
    expectAnswer({ status, stdout, stderr }) {
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(stdout).toMatch(text)
    },
  }
}

/** Expects the error that AWS would return. */
export function fails(line: string, code: string): Call {
  return {
    line,
    kind: 'works',
    expectAnswer({ status, stderr }) {
      expect(stderr).toContain(`An error occurred (${code}) when calling the`)
      expect(status).not.toBe(0)
    },
  }
}

/** Expects an error of the local cloud whose message names what it does not have. */
export function refused(line: string, name: string): Call {
  return {
    line,
    kind: 'refused',
    expectAnswer({ status, stderr }) {
      const message = /An error occurred \(\w+\) when calling the \w+ operation[^:]*: (.*)/s.exec(stderr)?.[1]
      expect(message ?? stderr).toContain(name)
      expect(message ?? stderr).toContain('local cloud')
      expect(status).not.toBe(0)
    },
  }
}

/** Splits a line as a shell would. Throws for a `$name` that has no value. */
export function argumentsOf(line: string, values: Readonly<Values>): string[] {
  const words = line.match(/(?:'[^']*'|[^\s'])+/g) ?? []
  return words.map((word) =>
    word.replaceAll(/'([^']*)'|\$(\w+)/g, (_, quoted?: string, name?: string) => {
      if (quoted !== undefined) return quoted
      const value = values[name!]
      if (value === undefined) throw new Error(`No call before this one kept $${name}: ${line}`)
      return value
    }),
  )
}
