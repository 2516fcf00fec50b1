/** Quotas of a user, a client id, or both. */
import { INT64_MAX } from '@ottla/stdx'
import type { ConfigKey } from '../config-key.ts'

export const QUOTA_USER_CLIENT_KEYS = [
  { name: 'consumer_byte_rate', type: 'long', default: INT64_MAX, importance: 'medium' },
  { name: 'controller_mutation_rate', type: 'double', default: 2_147_483_647, importance: 'medium' },
  { name: 'producer_byte_rate', type: 'long', default: INT64_MAX, importance: 'medium' },
  { name: 'request_percentage', type: 'double', default: 2_147_483_647, importance: 'medium' },
] as const satisfies readonly ConfigKey[]
