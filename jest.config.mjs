const shared = {
  testEnvironment: 'node',
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: {
    '^jobwire-tasks$': '<rootDir>/tasks/index.ts',
    '^@jobwire/sdk$': '<rootDir>/sdk/src/index.ts',
    '^@jobwire/sdk/task$': '<rootDir>/sdk/src/task.ts',
  },
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/.jobwire', '<rootDir>/sdk/dist'],
}

const project = (name) => ({ ...shared, displayName: name, testMatch: [`<rootDir>/test/${name}/**/*.test.ts`] })

export default {
  projects: [project('unit'), project('synth'), project('conformance'), project('e2e')],
  testTimeout: 30_000,
}
