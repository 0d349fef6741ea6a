import { RemovalPolicy } from 'aws-cdk-lib/core'
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import { FAILED_ATTRIBUTE, FAILED_INDEX, PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE } from '../../lambdas/tables.ts'

/** The props of `Tables`. */
export interface TablesProps {
  /** With `destroy`, the tables are deleted with the stack. */
  readonly removalPolicy: 'retain' | 'destroy'
  /** If true, DynamoDB refuses to delete the tables. */
  readonly deletionProtection: boolean
}

/**
 * The tables of the platform: one for the jobs (Results), one for all that is looked up by name, like sessions
 * (Registry).
 *
 * @example
 * const tables = new Tables(this, 'Tables', { removalPolicy: 'retain', deletionProtection: true })
 * allowTables(worker, 'worker', tables)
 */
export class Tables extends Construct {
  /** The table of the jobs, with the index of failed jobs. */
  readonly results: Table
  /** The table of all that is looked up by name. */
  readonly registry: Table

  constructor(scope: Construct, id: string, props: TablesProps) {
    super(scope, id)
    this.results = createTable(this, 'Results', props)
    // Sparse: only a failed job has the sort key, which holds its id and code. So listing, counting and running failed
    // jobs again reads no other jobs.
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
