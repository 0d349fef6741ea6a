import { JobwireError } from '../api/errors.ts'

/** Loads a part of the SDK that most programs never need, or not at first: `late(import('./map.ts'))`. */
export function late<Part>(part: Promise<Part>): Promise<Part> {
  return part.catch((cause: unknown) => {
    throw new JobwireError('UNREACHABLE', 'A part of the SDK did not load: try again.', { cause })
  })
}
