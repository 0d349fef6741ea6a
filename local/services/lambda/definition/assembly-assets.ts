import type { CloudAssembly } from '../../../assembly/cloud-assembly.ts'

/** The files that the functions of an assembly are made of, by the S3 keys that the templates name. */
export class AssemblyAssets {
  #stacks: CloudAssembly['stacks'] = []

  /** Takes the files of this assembly from now on. */
  use({ stacks }: CloudAssembly): void {
    this.#stacks = stacks
  }

  has(s3Key: string): boolean {
    return this.#stacks.some((stack) => stack.hasAsset(s3Key))
  }

  path(s3Key: string): string {
    // Keys are hashes of the content: whichever stack has the key has the same files.
    const owner = this.#stacks.find((stack) => stack.hasAsset(s3Key)) ?? this.#stacks[0]!
    return owner.assetPath(s3Key)
  }
}
