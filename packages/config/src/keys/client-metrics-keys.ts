/** Settings of a client metrics subscription (KIP-714). */
import type { ConfigKey } from '../config-key.ts'

export const CLIENT_METRICS_KEYS = [
  {
    name: 'interval.ms',
    type: 'int',
    default: 300_000,
    importance: 'medium',
    doc: 'Milliseconds between the pushes of metrics that clients are told to make.',
  },
  {
    name: 'match',
    type: 'list',
    default: [],
    valid: { kind: 'list', emptyAllowed: true, nullAllowed: false },
    importance: 'medium',
    doc: 'Which clients are meant: pairs of a selector (client_instance_id, client_id, client_software_name, client_software_version, client_source_address, client_source_port) and a regular expression, all of which have to match. Empty: all clients.',
  },
  {
    name: 'metrics',
    type: 'list',
    default: [],
    valid: { kind: 'list', emptyAllowed: true, nullAllowed: false },
    importance: 'medium',
    doc: 'Prefixes of the names of metrics that clients are to push; * for all. Empty: none.',
  },
] as const satisfies readonly ConfigKey[]
