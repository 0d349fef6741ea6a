/** A stack that runs, as CloudFormation describes it. */
export interface DescribedStack {
  readonly stackName: string
  readonly stackId: string
  readonly outputs: readonly DescribedOutput[]
  readonly resources: readonly DescribedResource[]
}

export interface DescribedOutput {
  readonly name: string
  readonly value: string
  readonly exportName?: string | undefined
}

export interface DescribedResource {
  readonly logicalId: string
  readonly type: string
  /** The value of `Ref`. */
  readonly physicalId: string
}
