import type { StandIn } from '../../../local/cloud.ts'
import { paint } from '../../output/colours.ts'

/** Writes the list of the resources that nothing runs behind: one line for each type. */
export function renderStandIns(standIns: readonly StandIn[], colour: boolean): string {
  if (standIns.length === 0) return ''
  const byKind = new Map<string, string[]>()
  for (const { type, logicalId, reason } of standIns) {
    const kind = reason === undefined ? type : `${type} (${reason})`
    byKind.set(kind, [...(byKind.get(kind) ?? []), logicalId.replace(/[0-9A-F]{8}$/, '')])
  }
  const lines = [...byKind].map(([kind, ids]) => {
    const names = ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ')
    return `  ${paint(kind, 'gray', colour)}  ${names}`
  })
  return `Not run here; calls on these fail:\n${lines.join('\n')}\n`
}
