import { App, Aspects, CfnResource, type IAspect } from 'aws-cdk-lib/core'
import type { IConstruct } from 'constructs'
import { PlatformStack } from '../../bin/platform-stack.ts'
import { collectSettings } from '../../lib/collect-settings.ts'
import { parseSettings } from '../../lib/settings.ts'

/** Resource types that MiniStack does not know, each with the reason why the suite does not need it. */
const UNKNOWN_TO_EMULATOR: Readonly<Record<string, string>> = {
  'AWS::ApiGatewayV2::RouteResponse': 'it sends back what the function returns without one',
}

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
