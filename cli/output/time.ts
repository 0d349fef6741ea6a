const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** Renders a length of time in its largest unit, like `3m` or `250ms`. */
export function renderDuration(ms: number): string {
  const unit = UNITS.find(([, size]) => ms >= size)
  if (unit === undefined) return `${Math.round(ms)}ms`
  const count = ms / unit[1]
  return `${count < 10 && unit[0] === 's' ? Number(count.toFixed(1)) : Math.floor(count)}${unit[0]}`
}

/** Renders a time for people: how long ago it was, or how long it is until then. */
export function renderTime(atMs: number | undefined, nowMs: number): string {
  if (atMs === undefined) return ''
  const ms = nowMs - atMs
  if (Math.abs(ms) < 1000) return 'now'
  return ms > 0 ? `${renderDuration(ms)} ago` : `in ${renderDuration(-ms)}`
}

const TIMES = /At$/

/** Returns a copy of a record in which all times are ISO 8601, for JSON output. */
export function withIsoTimes<T extends object>(record: T): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      TIMES.test(name) && typeof value === 'number' ? new Date(value).toISOString() : value,
    ]),
  )
}
