import { tasks } from 'jobwire-tasks'
import { openSubmitPorts, openTables, socketUrl } from './deployment.ts'
import { createRestHandler } from '../handlers/rest.ts'

const { store } = openTables()
export const handler = createRestHandler({ ...openSubmitPorts(), store, tasks, socketUrl: socketUrl() })
