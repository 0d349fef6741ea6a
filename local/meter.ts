/** The units that AWS bills, counted as they are used. Prices are us-east-1 list prices in USD per million units. */
export const BILLED_UNITS = {
  restRequest: { label: 'REST request', usdPerMillion: 3.5 },
  /** Metered in steps of 32 KB, from clients and to them. */
  socketMessageIn: { label: 'socket message in', usdPerMillion: 1.0 },
  socketMessageOut: { label: 'socket message out', usdPerMillion: 1.0 },
  connectionMinute: { label: 'connection minute', usdPerMillion: 0.25 },
  /** Metered in steps of 64 KB. */
  sqsRequest: { label: 'SQS request', usdPerMillion: 0.4 },
  dynamodbWriteUnit: { label: 'DynamoDB write unit', usdPerMillion: 0.625 },
  dynamodbReadUnit: { label: 'DynamoDB read unit', usdPerMillion: 0.125 },
  lambdaRequest: { label: 'Lambda request', usdPerMillion: 0.2 },
  /** ARM. */
  lambdaGbSecond: { label: 'Lambda GB-second', usdPerMillion: 13.33 },
  /** Listing counts too. */
  s3Put: { label: 'S3 PUT request', usdPerMillion: 5.0 },
  s3Get: { label: 'S3 GET request', usdPerMillion: 0.4 },
  schedulerInvocation: { label: 'Scheduler invocation', usdPerMillion: 1.0 },
  secretsRequest: { label: 'Secrets Manager request', usdPerMillion: 5.0 },
} as const

export type BilledUnit = keyof typeof BILLED_UNITS

export interface MeterLine {
  readonly unit: BilledUnit
  /** The caller: a function's name, an API, or `client` for callers from outside. */
  readonly by: string
  readonly quantity: number
  readonly usd: number
}

/** Counts billed units by caller. */
export class Meter {
  readonly #quantities = new Map<string, number>()

  count(unit: BilledUnit, by: string, quantity = 1): void {
    const key = `${unit} ${by}`
    this.#quantities.set(key, (this.#quantities.get(key) ?? 0) + quantity)
  }

  lines(): MeterLine[] {
    return [...this.#quantities].map(([key, quantity]) => {
      const separator = key.indexOf(' ')
      const unit = key.slice(0, separator) as BilledUnit
      return {
        unit,
        by: key.slice(separator + 1),
        quantity,
        usd: (quantity * BILLED_UNITS[unit].usdPerMillion) / 1_000_000,
      }
    })
  }
}
