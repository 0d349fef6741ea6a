/**
 * Ids of jobs and sessions: letters, digits and `. _ : -`, at most 128. Not `.` and `..`, which every HTTP client
 * reads as steps in a path, however they are encoded.
 */
export const ID_PATTERN = /^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,128}$/

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const TIME_LENGTH = 10
const RANDOM_LENGTH = 16

/**
 * Makes ids that sort by the time they were made: ten characters of time, then sixteen random ones (80 bits).
 * Within one millisecond the random part counts up, so that the ids of one source never go backwards.
 *
 * @example
 * const nextId = createIdSource(Date.now, (bytes) => crypto.getRandomValues(bytes))
 * nextId() // '01k5yk8j3v0q9x6m2r4t7b1d5f'
 */
export function createIdSource(now: () => number, fillRandom: (bytes: Uint8Array) => Uint8Array): () => string {
  let lastMs = -1
  let digits: number[] = []
  return () => {
    const nowMs = now()
    if (nowMs > lastMs) {
      lastMs = nowMs
      digits = Array.from(fillRandom(new Uint8Array(RANDOM_LENGTH)), (byte) => byte & 31)
      // Room to count up within the millisecond before the random part would overflow.
      digits[0] = digits[0]! & 15
    } else {
      increment(digits)
    }
    return encodeTime(lastMs) + digits.map((digit) => ALPHABET[digit]).join('')
  }
}

function increment(digits: number[]): void {
  for (let place = digits.length - 1; place >= 0; place--) {
    if (digits[place]! < 31) {
      digits[place]!++
      return
    }
    digits[place] = 0
  }
}

function encodeTime(ms: number): string {
  let text = ''
  for (let place = 0; place < TIME_LENGTH; place++) {
    text = ALPHABET[ms % 32] + text
    ms = Math.floor(ms / 32)
  }
  return text
}
