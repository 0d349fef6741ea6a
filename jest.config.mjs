import { availableParallelism } from 'node:os'
import { jestModuleNames } from './scripts/package-aliases.js'

// The AWS SDK says in every process that it will want Node 22 from 2027. Functions are deployed to a newer one.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'

const shared = {
  testEnvironment: 'node',
  transform: {
    '\\.[jt]s$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Published as ES modules only, which jest on Node 20 cannot load as they are.
  transformIgnorePatterns: ['/node_modules/(?!jose/|happy-dom/)'],
  moduleNameMapper: jestModuleNames(),
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/.jobwire', '<rootDir>/sdk/dist', '<rootDir>/jobwire/dist'],
}

const project = (name, more = {}) => ({
  ...shared,
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  ...more,
})

export default {
  projects: [
    project('unit'),
    project('synth'),
    project('conformance'),
    // The local cloud as a process, from the outside.
    project('local'),
    // Random sequences, crashes at every point, mutants: one local cloud in each test's process.
    project('model'),
    // The examples, on a local cloud.
    project('examples', {
      globalSetup: '<rootDir>/test/e2e/support/set-up.ts',
      globalTeardown: '<rootDir>/test/e2e/support/tear-down.ts',
    }),
    project('browser'),
    // The platform, on whichever target the environment names.
    project('e2e', {
      globalSetup: '<rootDir>/test/e2e/support/set-up.ts',
      globalTeardown: '<rootDir>/test/e2e/support/tear-down.ts',
    }),
  ],
  // Many tests wait for other processes: on two cores jest's own choice, one worker, would leave one idle.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  testTimeout: 30_000,
}
