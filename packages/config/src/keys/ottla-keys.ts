/**
 * Settings that Kafka does not have. Every name begins with `ottla.`, so that no later Kafka key can mean something else.
 * Bytes and counts are budgets: what is above them waits or is refused, as the row says.
 */
import type { ConfigKey } from '../config-key.ts'

const DURABILITY = ['fsync', 'replicated', 'auto'] as const

export const OTTLA_BROKER_KEYS = [
  {
    name: 'ottla.durability',
    type: 'string',
    default: 'auto',
    valid: { kind: 'one-of', values: DURABILITY },
    importance: 'high',
    updateMode: 'cluster-wide',
    doc: 'What an acknowledgement promises. fsync: the record is on disk. replicated: it is in the page cache of every in-sync replica, as in Kafka. auto: fsync for topics with one replica, replicated for the others.',
  },
  {
    name: 'ottla.produce.validation',
    type: 'string',
    default: 'header',
    valid: { kind: 'one-of', values: ['header', 'full'] },
    importance: 'medium',
    updateMode: 'cluster-wide',
    doc: 'header: produced batches are checked by header, checksum and counts. full: every record is walked, as Kafka does.',
  },
  {
    name: 'ottla.connection.budget.bytes',
    type: 'long',
    default: 8_388_608,
    valid: { kind: 'range', min: 65_536 },
    importance: 'medium',
    updateMode: 'read-only',
    doc: 'Bytes of requests and responses in flight on one connection above which it is not read from.',
  },
  {
    name: 'ottla.connection.requests.max',
    type: 'int',
    default: 64,
    valid: { kind: 'range', min: 1 },
    importance: 'low',
    updateMode: 'read-only',
    doc: 'Requests of one connection that may be in work at the same time.',
  },
  {
    name: 'ottla.process.budget.bytes',
    type: 'long',
    default: 268_435_456,
    valid: { kind: 'range', min: 1_048_576 },
    importance: 'medium',
    updateMode: 'read-only',
    doc: 'Bytes of requests in flight in the process above which no connection is read from. As many may be held by responses that are not taken: beyond that they get small, and peers that do not read are let go.',
  },
  {
    name: 'ottla.tail.budget.bytes',
    type: 'long',
    default: 134_217_728,
    valid: { kind: 'range', min: 0 },
    importance: 'medium',
    updateMode: 'read-only',
    doc: 'Bytes of the newest batches of all partitions kept in memory for consumers that keep up.',
  },
  {
    name: 'ottla.sync.concurrency',
    type: 'int',
    default: 4,
    valid: { kind: 'range', min: 1, max: 1024 },
    importance: 'medium',
    updateMode: 'read-only',
    doc: 'File syncs that may run at the same time.',
  },
  {
    name: 'ottla.writeback.bytes',
    type: 'long',
    default: 33_554_432,
    valid: { kind: 'range', min: 1_048_576 },
    importance: 'low',
    updateMode: 'read-only',
    doc: 'Bytes appended to a log after which it is synced in the background, whatever the durability.',
  },
  {
    name: 'ottla.open.files.max',
    type: 'int',
    default: 0,
    valid: { kind: 'range', min: 0 },
    importance: 'low',
    updateMode: 'read-only',
    doc: 'Log and index files kept open. 0: derived from the limit of the process.',
  },
  {
    name: 'ottla.http.listener',
    type: 'string',
    default: 'http://localhost:9404',
    importance: 'medium',
    updateMode: 'read-only',
    doc: 'Address of /metrics, /health/live and /health/ready. Without a host: all interfaces. Empty: none. When it is not set and the port is taken, as by another broker on this host, any free port is taken and the log says which; an address that was set has to be free.',
  },
  {
    name: 'ottla.slow.request.threshold.ms',
    type: 'long',
    default: 1000,
    valid: { kind: 'range', min: -1 },
    importance: 'low',
    updateMode: 'cluster-wide',
    doc: 'Requests that take longer are logged with the times of their stages. Time that a request waits by design (a fetch for records, a member for its group) does not count. -1: none.',
  },
  {
    name: 'ottla.loop.stall.threshold.ms',
    type: 'long',
    default: 200,
    valid: { kind: 'range', min: -1 },
    importance: 'low',
    updateMode: 'cluster-wide',
    doc: 'When the event loop was held for longer, a line says so, and what ran, as far as it is known. -1: none.',
  },
] as const satisfies readonly ConfigKey[]

export const OTTLA_TOPIC_KEYS = [
  {
    name: 'ottla.durability',
    type: 'string',
    default: 'auto',
    valid: { kind: 'one-of', values: DURABILITY },
    importance: 'high',
    brokerSynonyms: [{ name: 'ottla.durability', factor: 1 }],
    doc: 'What an acknowledgement promises for this topic: fsync, replicated or auto, as the setting of the broker.',
  },
] as const satisfies readonly ConfigKey[]
