import { type CallTable, works } from '../calls.ts'

export const scheduler: CallTable = {
  service: 'scheduler',
  calls: [works('list-schedules --group-name $group', { Schedules: [] })],
}
