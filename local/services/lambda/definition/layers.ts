import { existsSync, statSync } from 'node:fs'
import { requireKnownProperties } from '../../../assembly/properties.ts'
import type { CloudContext } from '../../../context.ts'
import type { CreatedResource, ResolvedResource } from '../../service.ts'
import type { CodeFiles } from './function-code.ts'

/** The layers of the templates. The packages in their folders come after those in the `node_modules` of the project. */
export class Layers {
  readonly #context: Pick<CloudContext, 'region' | 'accountId'>
  readonly #files: CodeFiles
  readonly #keys = new Map<string, string>()

  constructor(context: Pick<CloudContext, 'region' | 'accountId'>, files: CodeFiles) {
    this.#context = context
    this.#files = files
  }

  create(resource: ResolvedResource): CreatedResource {
    requireKnownProperties(resource, {
      implemented: ['LayerName', 'Content'],
      harmless: ['CompatibleArchitectures', 'CompatibleRuntimes', 'LicenseInfo'],
    })
    const { region, accountId } = this.#context
    const { LayerName: name = resource.logicalId, Content: content } = resource.properties
    const arn = `arn:aws:lambda:${region}:${accountId}:layer:${String(name)}:1`
    const key = (content as { S3Key?: unknown } | undefined)?.S3Key
    if (typeof key === 'string') this.#keys.set(arn, key)
    return { ref: arn, attributes: { LayerVersionArn: arn } }
  }

  /** Returns the folders of these layers. One that is not a folder of the assembly adds nothing. */
  folders(arns: readonly string[]): string[] {
    return arns.flatMap((arn) => {
      const key = this.#keys.get(arn)
      if (key === undefined || this.#files.hasAsset?.(key) === false) return []
      const path = this.#files.assetPath(key)
      return existsSync(path) && statSync(path).isDirectory() ? [path] : []
    })
  }
}
