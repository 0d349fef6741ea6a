import { App, Aspects, CfnResource, type IAspect } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'
import { PlatformStack } from '../../lib/platform-stack.ts'
import { readSettings } from '../../lib/settings.ts'

/** Resource types that MiniStack does not know, and why leaving each out changes nothing for the suite. */
const UNKNOWN_TO_EMULATOR: Record<string, string> = {
  'AWS::ApiGatewayV2::RouteResponse': 'it sends back what the function returns without one',
}

const leaveOutUnknown: IAspect = {
  visit(node: IConstruct) {
    if (CfnResource.isCfnResource(node) && node.cfnResourceType in UNKNOWN_TO_EMULATOR) {
      node.node.scope!.node.tryRemoveChild(node.node.id)
    }
  },
}

const app = new App()
Aspects.of(new PlatformStack(app, 'Jobwire', { settings: readSettings(app.node) })).add(leaveOutUnknown)
app.synth()
