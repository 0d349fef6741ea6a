import { App } from 'aws-cdk-lib/core'
import { PlatformStack } from './platform-stack.ts'
import { collectSettings } from '../lib/collect-settings.ts'
import { parseSettings } from '../lib/settings.ts'

// No version metadata and no tree file: the template is the same with and without the CDK's command line.
const app = new App({ analyticsReporting: false, treeMetadata: false })
const context: unknown = app.node.tryGetContext('jobwire')
const platform = parseSettings(collectSettings({ context, environment: process.env }))
// No env: the stack names no account and no region, so it deploys to those of the caller's credentials.
new PlatformStack(app, 'Jobwire', { stackName: platform.namePrefix, platform })
