import { InvalidArgumentError } from 'commander'
import type { JobMetadata } from '@jobwire/sdk'
import { renderDuration } from '../output/time.ts'

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError(`It must be a whole number, not "${text}".`)
  return Number(text)
}

export function finiteNumber(text: string): number {
  const number = text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(number)) throw new InvalidArgumentError(`It must be a number, not "${text}".`)
  return number
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads a duration like `30s`, or milliseconds. */
export function durationMs(text: string): number {
  const [, number, unit = 'ms'] = /^(\d{1,15}(?:\.\d{1,6})?)(ms|s|m|h|d)?$/.exec(text) ?? []
  if (number === undefined)
    throw new InvalidArgumentError(`It must be a time like 250ms, 30s, 2m, 1h or 7d, not "${text}".`)
  return Number(number) * UNIT_MS[unit]!
}

/** Reads a point in time: a length of time before now, like `2h`, or a date like `2026-11-21T08:00:00Z`. */
export function parseTime(text: string, nowMs: number = Date.now()): number {
  if (/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text)) return nowMs - durationMs(text)
  const atMs = /^\d{12,14}$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isNaN(atMs)) {
    const example = renderDuration(7_200_000)
    throw new InvalidArgumentError(`It must be like ${example} (ago) or 2026-11-21T08:00:00Z, not "${text}".`)
  }
  return atMs
}

/** Gathers the values of an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/** Reads `name=value`. A value that is a number, `true` or `false` counts as that; quotes keep it a text. */
export function metadataPair(pair: string, before: JobMetadata = {}): JobMetadata {
  const at = pair.indexOf('=')
  if (at < 1) throw new InvalidArgumentError(`It must be like customer=7, not "${pair}".`)
  return { ...before, [pair.slice(0, at)]: metadataValue(pair.slice(at + 1)) }
}

function metadataValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/.test(text)) return Number(text)
  const quoted = /^"(.*)"$/.exec(text)
  return quoted === null ? text : quoted[1]!
}
