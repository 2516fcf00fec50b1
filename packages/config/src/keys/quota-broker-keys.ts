/** Replication throttles: settings of a broker that exist only as dynamic ones. */
import { INT64_MAX } from '@ottla/stdx'
import type { ConfigKey } from '../config-key.ts'

export const QUOTA_BROKER_KEYS = [
  {
    name: 'follower.replication.throttled.rate',
    type: 'long',
    default: INT64_MAX,
    valid: { kind: 'range', min: 0 },
    importance: 'medium',
    updateMode: 'cluster-wide',
    internal: true,
  },
  {
    name: 'leader.replication.throttled.rate',
    type: 'long',
    default: INT64_MAX,
    valid: { kind: 'range', min: 0 },
    importance: 'medium',
    updateMode: 'cluster-wide',
    internal: true,
  },
  {
    name: 'replica.alter.log.dirs.io.max.bytes.per.second',
    type: 'long',
    default: INT64_MAX,
    valid: { kind: 'range', min: 0 },
    importance: 'medium',
    updateMode: 'cluster-wide',
    internal: true,
  },
] as const satisfies readonly ConfigKey[]
