import { DEFAULT_PORT } from '../default-port.ts'

const PORTS_TO_TRY = 20

/**
 * Starts something on the given port. If no port is given, it tries the same ports at each start, so that a pasted
 * address works again the next day. A port that is taken leads to the next one.
 */
export async function startOnFreePort<Started>(
  wanted: number | undefined,
  start: (port: number) => Promise<Started>,
): Promise<{ readonly started: Started; readonly taken: readonly number[] }> {
  if (wanted === 0) return { started: await start(0), taken: [] }
  const first = wanted ?? DEFAULT_PORT
  const taken: number[] = []
  for (let port = first; port < first + PORTS_TO_TRY && port <= 65_535; port++) {
    try {
      return { started: await start(port), taken }
    } catch (error) {
      if (!isPortTaken(error)) throw error
      taken.push(port)
    }
  }
  return { started: await start(0), taken }
}

function isPortTaken(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') return true
  }
  return false
}
