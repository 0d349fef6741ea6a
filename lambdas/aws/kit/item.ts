import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/** Attribute values are written by hand: this is the hottest code of the platform, and a generic marshaller shows. */
export type Item = Record<string, AttributeValue>
