/**
 * Type 16 of __consumer_offsets. The topics that a regular expression of a consumer group stands for. Value version 0, always
 * flexible.
 */

import { array, int64, string } from '../../schema/field.ts'
import { coordinatorKey, coordinatorValue, type Value } from '../../schema/schema.ts'

export const ConsumerGroupRegularExpressionKey = coordinatorKey(
  { key: 16, name: 'ConsumerGroupRegularExpressionKey', versions: '0' },
  () => ({
    groupId: string(),
    regularExpression: string(),
  }),
)
export type ConsumerGroupRegularExpressionKey = Value<typeof ConsumerGroupRegularExpressionKey>

export const ConsumerGroupRegularExpressionValue = coordinatorValue(
  { key: 16, name: 'ConsumerGroupRegularExpressionValue', versions: '0', flexible: '0+' },
  () => ({
    topics: array(string()),
    version: int64(),
    timestamp: int64(),
  }),
)
export type ConsumerGroupRegularExpressionValue = Value<typeof ConsumerGroupRegularExpressionValue>
