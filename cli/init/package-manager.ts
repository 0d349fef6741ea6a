import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The commands of one package manager. */
export interface PackageManager {
  readonly install: string
  /** Runs a script of package.json. */
  readonly run: (script: string) => string
  /** Runs a program of an installed package. */
  readonly execute: (command: string) => string
}

const MANAGERS = {
  npm: { install: 'npm install', run: (script) => `npm run ${script}`, execute: (command) => `npx ${command}` },
  pnpm: {
    install: 'pnpm install',
    run: (script) => `pnpm run ${script}`,
    execute: (command) => `pnpm exec ${command}`,
  },
  yarn: {
    install: 'yarn install',
    run: (script) => `yarn run ${script}`,
    execute: (command) => `yarn exec ${command}`,
  },
  bun: { install: 'bun install', run: (script) => `bun run ${script}`, execute: (command) => `bunx ${command}` },
} satisfies Record<string, PackageManager>

const LOCK_FILES = {
  'package-lock.json': 'npm',
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
} as const

/** Finds the package manager of a folder: by the nearest lock file, or else by the one that runs this process. */
export function findPackageManager(folder: string, environment: NodeJS.ProcessEnv): PackageManager {
  for (let at = folder; ; at = dirname(at)) {
    const found = Object.entries(LOCK_FILES).find(([file]) => existsSync(join(at, file)))
    if (found !== undefined) return MANAGERS[found[1]]
    if (at === dirname(at)) break
  }
  const name = /^(\w+)\//.exec(environment['npm_config_user_agent'] ?? '')?.[1] ?? 'npm'
  return Object.hasOwn(MANAGERS, name) ? MANAGERS[name as keyof typeof MANAGERS] : MANAGERS.npm
}
