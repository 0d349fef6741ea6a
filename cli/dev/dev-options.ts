/** The options of `jobwire dev`. */
export interface DevOptions {
  /** A folder of the CDK app: that of `cdk.json`, or one below it. */
  readonly appDir: string
  /** 4777 by default, or the next free one. */
  readonly port?: number
  /** The folder that keeps jobs across restarts. */
  readonly dataDir?: string
  /** The stack to run, with those that it depends on. All by default. */
  readonly stack?: string
  /** The namespace of the printed token. */
  readonly namespace: string
  readonly watch: boolean
  readonly allowRealAws: boolean
  /** True to print one line of JSON instead of the welcome, for programs. */
  readonly json: boolean
  readonly verbose: boolean
  readonly colour: boolean
}
