import { App, Aspects, CfnResource, type IAspect } from 'aws-cdk-lib/core'
import type { IConstruct } from 'constructs'
import { PlatformStack } from '../../bin/platform-stack.ts'
import { collectSettings } from '../../lib/collect-settings.ts'
import { parseSettings } from '../../lib/settings.ts'
import { UNKNOWN_TO_EMULATOR } from './unknown-types.ts'

const leaveOutUnknown: IAspect = {
  visit(node: IConstruct) {
    if (CfnResource.isCfnResource(node) && node.cfnResourceType in UNKNOWN_TO_EMULATOR) {
      node.node.scope!.node.tryRemoveChild(node.node.id)
    }
  },
}

// `bin/app.ts`, without the types that the emulator does not know.
const app = new App()
const context: unknown = app.node.tryGetContext('jobwire')
const platform = parseSettings(collectSettings({ context, environment: process.env }))
Aspects.of(new PlatformStack(app, 'Jobwire', { stackName: platform.namePrefix, platform })).add(leaveOutUnknown)
