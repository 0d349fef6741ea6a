// Who may import whom: section 2 of docs/design.md. `import-rule.js` enforces this table.
//
// `folder`    the folder or file that the entry is about; for a file, the entry with the longest one that fits counts
// `mayImport` folders and files of the repository that it may import, besides itself
// `packages`  names of packages; a `*` at the end stands for any rest
// `rooms`     its folders by concept, lowest first: a room imports itself and the rooms before it
// `reason`    the linter's message

/** One name for a concept in every layer, and one order. */
const CONCEPTS = [
  'kit',
  'job',
  'queue',
  'webhooks',
  'sessions',
  'record',
  'payloads',
  'submit',
  'workers',
  'schedules',
  'list',
  'manage',
  'batch',
  'slots',
  'run',
  'dead-letters',
  'wire',
  'rest',
]

/** What `lib` has for others than the stack: it needs no CDK. */
const REBUNDLING = ['lib/own-folder.ts', 'lib/rebundle-functions.ts', 'lib/function-source.ts', 'lib/function-files.ts']

export const IMPORT_TABLE = [
  {
    folder: 'protocol',
    packages: ['valibot'],
    rooms: CONCEPTS,
    reason: 'protocol may import its own files and its validator only.',
  },
  {
    // The only code that the platform and the local cloud share.
    folder: 'calendar',
    reason: 'calendar may import its own files only.',
  },
  {
    folder: 'lambdas/domain',
    mayImport: ['protocol', 'calendar'],
    rooms: CONCEPTS,
    reason: 'lambdas/domain may import protocol and calendar only. What it needs from outside comes through a port.',
  },
  {
    folder: 'lambdas/aws',
    mayImport: ['lambdas/domain', 'protocol', 'lambdas/environment.ts', 'lambdas/tables.ts'],
    packages: ['@aws-sdk/*', 'jose'],
    rooms: CONCEPTS,
    reason: 'lambdas/aws may import lambdas/domain, protocol, @aws-sdk and jose only.',
  },
  ...['hold-thread.ts', 'message-hold.ts', 'sign-request.ts'].map((file) => ({
    // A thread, and the one request that it makes without the AWS SDK.
    folder: `lambdas/aws/batch/${file}`,
    mayImport: ['lambdas/aws', 'lambdas/domain', 'protocol'],
    packages: ['node:*'],
    reason: 'the hold of messages may import Node, lambdas/aws, lambdas/domain and protocol only.',
  })),
  {
    // Requests to others than AWS.
    folder: 'lambdas/web',
    mayImport: ['lambdas/domain', 'protocol'],
    packages: ['node:*'],
    reason: 'lambdas/web may import lambdas/domain, protocol and Node only.',
  },
  {
    folder: 'lambdas/handlers',
    mayImport: ['lambdas/domain', 'protocol'],
    packages: ['aws-lambda'],
    rooms: CONCEPTS,
    reason: 'lambdas/handlers may import lambdas/domain and protocol only (and the types of aws-lambda).',
  },
  {
    folder: 'lambdas/entry',
    mayImport: ['lambdas', 'protocol'],
    packages: ['jobwire-tasks', '@aws-sdk/*', 'node:*'],
    reason: 'lambdas/entry composes what is in lambdas; tasks come through the alias jobwire-tasks.',
  },
  {
    folder: 'lib',
    mayImport: ['protocol', 'lambdas/environment.ts', 'lambdas/tables.ts', 'scripts/package-aliases.js'],
    packages: ['aws-cdk-lib/*', 'constructs', 'esbuild', 'node:*'],
    reason:
      'lib may import the CDK by its submodules, esbuild, Node, protocol, lambdas/environment.ts, lambdas/tables.ts and scripts/package-aliases.js. Handlers go by the path of their entry.',
  },
  {
    folder: 'local',
    mayImport: ['calendar'],
    packages: ['node:*', 'ws'],
    reason: 'local may import Node, ws, calendar and its own files only. It knows a project by its assembly.',
  },
  {
    folder: 'local/services/lambda',
    mayImport: ['local'],
    packages: ['node:*'],
    rooms: ['runtime', 'definition', 'environments', 'functions', 'events', 'api'],
    reason: 'the service of Lambda may import Node and local only.',
  },
  {
    // Bundles the worker threads' bootstrap.
    folder: 'local/services/lambda/runtime/build-runtime.ts',
    mayImport: ['local'],
    packages: ['node:*', 'esbuild'],
    reason: 'build-runtime.ts may import Node, esbuild and local only.',
  },
  {
    folder: 'sdk/src',
    mayImport: ['protocol'],
    rooms: ['api', 'time', 'wire', 'client', 'calls', 'jobwire', 'react', 'testing'],
    reason: 'sdk may import protocol and its own files only. It has no dependencies.',
  },
  {
    // The client for tests is a deployment in memory, made of the platform's own code.
    folder: 'sdk/src/testing',
    mayImport: ['sdk/src', 'protocol', 'lambdas/domain', 'lambdas/handlers'],
    reason:
      'the platform in memory may import protocol, lambdas/domain, lambdas/handlers and the files of the sdk only.',
  },
  ...['sdk/src/wire/node-socket.ts', 'sdk/src/time/node-clock.ts'].map((folder) => ({
    // Node 20 has no WebSocket of its own.
    folder,
    mayImport: ['sdk/src/wire/socket.ts', 'sdk/src/time', 'protocol'],
    packages: ['node:*', 'ws'],
    reason: 'node-socket.ts and node-clock.ts may import Node and ws only, which is bundled in.',
  })),
  ...['sdk/src/react.ts', 'sdk/src/react'].map((folder) => ({
    // The hooks use the user's own React.
    folder,
    mayImport: ['sdk/src', 'protocol'],
    packages: ['react'],
    reason: 'the hooks may import React, protocol and the files of the sdk only.',
  })),
  {
    // The command line, which knows a deployment by the SDK alone.
    folder: 'cli',
    mayImport: ['protocol'],
    packages: ['@jobwire/sdk', '@jobwire/sdk/*', '@aws-sdk/*', 'commander', 'jose', 'node:*'],
    reason: 'cli may import the SDK, protocol, commander, the clients of AWS, jose, Node and its own files only.',
  },
  {
    // Reads the settings of the project as synthesis does.
    folder: 'cli/doctor/machine-checks.ts',
    mayImport: ['cli', 'lib/settings.ts', 'lib/collect-settings.ts'],
    packages: ['node:*'],
    reason: 'the checks of the machine may import cli, the settings and Node only.',
  },
  ...[
    'cli/start.ts',
    'cli/demo.ts',
    'cli/local-cloud.ts',
    'cli/lambda-runtime.ts',
    'cli/in-repository.ts',
    'cli/bill.ts',
    'cli/commands/laptop',
    'cli/dev',
    'cli/init',
  ].map((folder) => ({
    // The commands that run a local cloud.
    folder,
    mayImport: ['cli', 'local', 'protocol', 'scripts', 'tasks', 'lib/settings.ts', ...REBUNDLING],
    packages: ['*'],
    reason: 'the commands that run a local cloud may import cli, local, protocol, scripts and packages only.',
    ...(folder === 'cli/dev' ? { rooms: ['project', 'screen', 'welcome', 'follow'] } : {}),
  })),
  {
    folder: 'tasks',
    packages: ['*'],
    reason:
      'tasks may import packages and their own files only. They use the platform through @jobwire/sdk, as users do.',
  },
]
