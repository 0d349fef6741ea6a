/** One type of resource that a laptop does not need: the values that it gives, and the service that it belongs to. */
export interface StandInKind {
  /** The name of the service in signatures and ARNs. */
  readonly service: string
  /** The part of the ARN after the account, before the name: `alarm:`, `certificate/`. */
  readonly arnPrefix: string
  /** `Ref`: the ARN, the name, or an id that begins with a prefix such as `vpc-`. */
  readonly ref: 'arn' | 'name' | { readonly idPrefix: string }
}

const kind = (service: string, arnPrefix: string, ref: StandInKind['ref'] = 'name'): StandInKind => ({
  service,
  arnPrefix,
  ref,
})
const ec2 = (arnPrefix: string, idPrefix: string): StandInKind => kind('ec2', arnPrefix, { idPrefix })

/** The types whose values have a form of their own. */
const KINDS: Readonly<Record<string, StandInKind>> = {
  'AWS::SNS::Topic': kind('sns', '', 'arn'),
  'AWS::SNS::Subscription': kind('sns', '', 'arn'),
  'AWS::CloudWatch::Alarm': kind('cloudwatch', 'alarm:'),
  'AWS::CloudWatch::CompositeAlarm': kind('cloudwatch', 'alarm:'),
  'AWS::CloudWatch::Dashboard': kind('cloudwatch', 'dashboard/'),
  'AWS::Events::Rule': kind('events', 'rule/'),
  'AWS::Events::EventBus': kind('events', 'event-bus/'),
  'AWS::KMS::Key': kind('kms', 'key/'),
  'AWS::KMS::Alias': kind('kms', ''),
  'AWS::CertificateManager::Certificate': kind('acm', 'certificate/', 'arn'),
  'AWS::StepFunctions::StateMachine': kind('states', 'stateMachine:', 'arn'),
  'AWS::ElasticLoadBalancingV2::LoadBalancer': kind('elasticloadbalancing', 'loadbalancer/app/', 'arn'),
  'AWS::ElasticLoadBalancingV2::TargetGroup': kind('elasticloadbalancing', 'targetgroup/', 'arn'),
  'AWS::ElasticLoadBalancingV2::Listener': kind('elasticloadbalancing', 'listener/app/', 'arn'),
  'AWS::ElasticLoadBalancingV2::ListenerRule': kind('elasticloadbalancing', 'listener-rule/app/', 'arn'),
  'AWS::ECS::TaskDefinition': kind('ecs', 'task-definition/', 'arn'),
  'AWS::ECS::Service': kind('ecs', 'service/', 'arn'),
  'AWS::Cognito::UserPool': kind('cognito-idp', 'userpool/'),
  'AWS::Route53::HostedZone': kind('route53', 'hostedzone/', { idPrefix: 'Z' }),
  'AWS::EC2::VPC': ec2('vpc/', 'vpc-'),
  'AWS::EC2::Subnet': ec2('subnet/', 'subnet-'),
  'AWS::EC2::SecurityGroup': ec2('security-group/', 'sg-'),
  'AWS::EC2::RouteTable': ec2('route-table/', 'rtb-'),
  'AWS::EC2::InternetGateway': ec2('internet-gateway/', 'igw-'),
  'AWS::EC2::NatGateway': ec2('natgateway/', 'nat-'),
  'AWS::EC2::VPCEndpoint': ec2('vpc-endpoint/', 'vpce-'),
  'AWS::EC2::EIP': ec2('elastic-ip/', 'eipalloc-'),
  'AWS::EC2::NetworkAcl': ec2('network-acl/', 'acl-'),
  'AWS::EC2::FlowLog': ec2('vpc-flow-log/', 'fl-'),
  'AWS::EC2::Instance': ec2('instance/', 'i-'),
  'AWS::EC2::LaunchTemplate': ec2('launch-template/', 'lt-'),
}

/** The services whose other resources a laptop does not need either, by the second part of the type. */
const SERVICES: Readonly<Record<string, string>> = {
  ApiGateway: 'apigateway',
  ApiGatewayV2: 'apigateway',
  ApplicationAutoScaling: 'application-autoscaling',
  AppConfig: 'appconfig',
  AppSync: 'appsync',
  Athena: 'athena',
  AutoScaling: 'autoscaling',
  Backup: 'backup',
  Bedrock: 'bedrock',
  Budgets: 'budgets',
  CertificateManager: 'acm',
  Chatbot: 'chatbot',
  CloudFormation: 'cloudformation',
  CloudFront: 'cloudfront',
  CloudTrail: 'cloudtrail',
  CloudWatch: 'cloudwatch',
  CodeBuild: 'codebuild',
  CodeDeploy: 'codedeploy',
  CodePipeline: 'codepipeline',
  Cognito: 'cognito-idp',
  Config: 'config',
  DynamoDB: 'dynamodb',
  EC2: 'ec2',
  ECR: 'ecr',
  ECS: 'ecs',
  EFS: 'elasticfilesystem',
  EKS: 'eks',
  ElastiCache: 'elasticache',
  ElasticLoadBalancingV2: 'elasticloadbalancing',
  Elasticsearch: 'es',
  Events: 'events',
  GuardDuty: 'guardduty',
  Glue: 'glue',
  IAM: 'iam',
  IoT: 'iot',
  KMS: 'kms',
  Kinesis: 'kinesis',
  KinesisFirehose: 'firehose',
  Lambda: 'lambda',
  Logs: 'logs',
  MSK: 'kafka',
  OpenSearchService: 'es',
  Pipes: 'pipes',
  RDS: 'rds',
  ResourceGroups: 'resource-groups',
  Route53: 'route53',
  Route53Resolver: 'route53resolver',
  S3: 's3',
  SES: 'ses',
  SNS: 'sns',
  SQS: 'sqs',
  SSM: 'ssm',
  SageMaker: 'sagemaker',
  Scheduler: 'scheduler',
  SecretsManager: 'secretsmanager',
  ServiceCatalogAppRegistry: 'servicecatalog',
  ServiceDiscovery: 'servicediscovery',
  StepFunctions: 'states',
  Synthetics: 'synthetics',
  WAFv2: 'wafv2',
  XRay: 'xray',
}

/** The custom resources of CDK itself that act on things which a laptop does not have. */
const CUSTOM_RESOURCES = [
  'Custom::AWS',
  'Custom::AWSCDKOpenIdConnectProvider',
  'Custom::CDKBucketDeployment',
  'Custom::CloudwatchLogResourcePolicy',
  'Custom::CrossRegionExportReader',
  'Custom::CrossRegionExportWriter',
  'Custom::DynamoDBReplica',
  'Custom::ECRAutoDeleteImages',
  'Custom::EventBridgeLogResourcePolicy',
  'Custom::LogRetention',
  'Custom::S3AutoDeleteObjects',
  'Custom::S3BucketNotifications',
  'Custom::VpcRestrictDefaultSG',
]

/** Returns the kind of a type. `known` is false if the app may need it, for all that the local cloud knows. */
export function standInKind(type: string): StandInKind & { readonly known: boolean } {
  const [, namespace = '', name = 'resource'] = type.split('::')
  const form = Object.hasOwn(KINDS, type) ? KINDS[type]! : undefined
  if (form !== undefined) return { ...form, known: true }
  const service = Object.hasOwn(SERVICES, namespace) ? SERVICES[namespace] : undefined
  const known = service !== undefined || CUSTOM_RESOURCES.includes(type)
  return { service: service ?? namespace.toLowerCase(), arnPrefix: `${hyphenated(name)}/`, ref: 'name', known }
}

function hyphenated(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()
}
