/** The options that name a deployment and say where its token comes from. */
export interface TargetOptions {
  readonly profile?: string
  readonly url?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly stack?: string
  readonly region?: string
  readonly endpointUrl?: string
  readonly namespace?: string
}

/** The deployment that a command works with. */
export interface Target {
  readonly url: string
  /** Called for every request, so that a token which is signed here can be renewed. */
  readonly token: () => Promise<string>
  /** Says in words how the deployment was found, for `doctor` and for errors. */
  readonly foundBy: string
  /** The CloudFormation stack, if the deployment was found by one. */
  readonly stack?: StackPlace
  /** The endpoint for AWS calls of a local cloud. */
  readonly awsEndpoint?: string
}

export interface StackPlace {
  readonly stack: string
  readonly region?: string
  readonly endpointUrl?: string
  readonly awsProfile?: string
}
