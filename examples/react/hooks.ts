// The hooks of this application, with the types of its tasks. No code of a task reaches the page.
import { createHooks } from '@jobwire/sdk/react'
import type { tasks } from '../../tasks/index.ts'

export const { JobwireProvider, useJobwire, useJob, useSubmit, useMap } = createHooks<typeof tasks>()
