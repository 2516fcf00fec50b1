/** Quotas of an address. */
import type { ConfigKey } from '../config-key.ts'

export const QUOTA_IP_KEYS = [
  {
    name: 'connection_creation_rate',
    type: 'int',
    default: 2_147_483_647,
    valid: { kind: 'range', min: 0 },
    importance: 'medium',
  },
] as const satisfies readonly ConfigKey[]
