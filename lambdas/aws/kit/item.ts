import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { PARTITION_KEY, SORT_KEY } from '../../tables.ts'

/** Attribute values are written by hand: this code runs most of all, and a generic marshaller is slower. */
export type Item = Record<string, AttributeValue>

export type ItemKey = Record<typeof PARTITION_KEY | typeof SORT_KEY, AttributeValue.SMember>

export function itemKey(partition: string, sort: string): ItemKey {
  return { [PARTITION_KEY]: { S: partition }, [SORT_KEY]: { S: sort } }
}

/** Conditions of a write. */
export const ITEM_EXISTS = `attribute_exists(${PARTITION_KEY})`
export const ITEM_IS_NEW = `attribute_not_exists(${PARTITION_KEY})`
