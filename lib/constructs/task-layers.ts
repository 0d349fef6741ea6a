import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Architecture, Code, type ILayerVersion, LayerVersion } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { findInProject } from '../project-files.ts'
import { SettingsError } from '../setting-kinds.ts'

/** The layers that the setting `layers` names. Those given as folders are made here. */
export class TaskLayers extends Construct {
  readonly all: readonly ILayerVersion[]

  constructor(scope: Construct, id: string, { layers }: { readonly layers: readonly string[] }) {
    super(scope, id)
    this.all = layers.map((layer, index) =>
      layer.startsWith('arn:')
        ? LayerVersion.fromLayerVersionArn(this, `Layer${index}`, layer)
        : new LayerVersion(this, `Layer${index}`, {
            code: Code.fromAsset(layerFolder(layer)),
            compatibleArchitectures: [Architecture.ARM_64],
          }),
    )
  }
}

function layerFolder(layer: string): string {
  const folder = findInProject(layer)
  if (folder !== undefined && existsSync(join(folder, 'nodejs/node_modules'))) return folder
  throw new SettingsError(
    `The setting "layers" names "${layer}", and that folder has no "nodejs/node_modules", in which Lambda looks for ` +
      'packages. Install them there, for Linux on ARM.',
  )
}
