import { RemovalPolicy } from 'aws-cdk-lib/core'
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import { FAILED_ATTRIBUTE, FAILED_INDEX, PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE } from '../../lambdas/tables.ts'

export interface TablesProps {
  readonly removalPolicy: 'retain' | 'destroy'
  readonly deletionProtection: boolean
}

/** The platform's state: the jobs (Results), and what is looked up by name, like sessions (Registry). */
export class Tables extends Construct {
  readonly results: Table
  readonly registry: Table

  constructor(scope: Construct, id: string, props: TablesProps) {
    super(scope, id)
    this.results = createTable(this, 'Results', props)
    // Sparse: only a failed job has the sort key. In it are id and code, so that listing, counting and running failed
    // jobs again reads nothing of the others.
    this.results.addGlobalSecondaryIndex({
      indexName: FAILED_INDEX,
      partitionKey: { name: PARTITION_KEY, type: AttributeType.STRING },
      sortKey: { name: FAILED_ATTRIBUTE, type: AttributeType.STRING },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [TTL_ATTRIBUTE],
    })
    this.registry = createTable(this, 'Registry', props)
  }
}

function createTable(scope: Construct, id: string, { removalPolicy, deletionProtection }: TablesProps): Table {
  return new Table(scope, id, {
    partitionKey: { name: PARTITION_KEY, type: AttributeType.STRING },
    sortKey: { name: SORT_KEY, type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: TTL_ATTRIBUTE,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy: removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    deletionProtection,
  })
}
