// All that the package `jobwire` exports.
export { JobPlatform } from './job-platform.ts'
export type { JobPlatformProps } from './job-platform.ts'
export { SettingsError } from './setting-kinds.ts'
export type { LaneInput, SettingsInput } from './settings-input.ts'
export type { Duration } from '../protocol/kit/policy.ts'
