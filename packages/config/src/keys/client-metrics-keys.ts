/** Settings of a client metrics subscription (KIP-714). */
import type { ConfigKey } from '../config-key.ts'

export const CLIENT_METRICS_KEYS = [
  { name: 'interval.ms', type: 'int', default: 300_000, importance: 'medium' },
  {
    name: 'match',
    type: 'list',
    default: [],
    valid: { kind: 'list', emptyAllowed: true, nullAllowed: false },
    importance: 'medium',
  },
  {
    name: 'metrics',
    type: 'list',
    default: [],
    valid: { kind: 'list', emptyAllowed: true, nullAllowed: false },
    importance: 'medium',
  },
] as const satisfies readonly ConfigKey[]
