/**
 * What is measured: one base case of each kind, each factor varied alone, ten combinations, and the base cases pinned. A case is data:
 * `kind` names the function of measures/ that runs it, the rest is its load.
 *   isQuick  is in the quick form too
 *   isTwice  is run on a second Ottla too: how far that is from the first is the noise of the machine
 *   isSynced is run with Ottla's default profile too, which acknowledges what is on the disk
 *   rounds   fewer than the others have: what it finds hardly varies, and takes long to set up
 */

const produceBase = {
  kind: 'produce',
  recordBytes: 1000,
  batchBytes: 16_384,
  codec: 'none',
  acks: -1,
  partitions: 6,
  connections: 1,
  inFlight: 5,
}
const fetchBase = {
  kind: 'fetch',
  recordBytes: 1000,
  batchBytes: 16_384,
  codec: 'none',
  partitions: 6,
  groups: 1,
  consumers: 2,
  fillBytes: 32 << 20,
}
/** More than either keeps in a memory of its own. */
const OLD_BYTES = 512 << 20

const produce = (name, change = {}) => ({ name: `produce ${name}`, group: 'Produce', ...produceBase, ...change })
const consume = (name, change = {}) => ({ name: `consume ${name}`, group: 'Consume', ...fetchBase, ...change })
const both = (name, change = {}) => ({
  ...fetchBase,
  ...produceBase,
  name: `both ${name}`,
  group: 'Produce and consume',
  ...change,
  kind: 'both',
})
const latency = (name, change = {}) => ({
  name: `latency ${name}`,
  group: 'End to end',
  kind: 'latency',
  recordBytes: 100,
  acks: -1,
  rate: 10_000,
  ...change,
})
const small = (name, change = {}) => ({
  ...produceBase,
  name: `small requests, ${name}`,
  group: 'Small requests',
  recordBytes: 100,
  batchBytes: 1,
  partitions: 1,
  inFlight: 1,
  connections: 10,
  ...change,
  kind: 'requests',
})
const java = (name, kind, change) => ({ name, group: "Kafka's load tools", kind, ...change })
const transactions = (name, change) => ({
  name: `transactions of ${name}`,
  group: 'Coordinators',
  kind: 'transactions',
  producers: 10,
  ...change,
})
const idle = (kind, count, what) => ({
  name: `${count.toLocaleString('en')} ${what}`,
  group: 'Cost of what is idle',
  kind,
  count,
  rounds: 1,
})

const COMBINED = { group: 'Combinations' }
const PINNED = { group: 'Pinned: the broker on one core, the load on another', isPinned: true }

export const cases = [
  produce('1 KB (base)', { isQuick: true, isTwice: true, isSynced: true }),
  produce('100 B', { recordBytes: 100, isQuick: true, isSynced: true }),
  produce('acks=1', { acks: 1, isSynced: true }),
  produce('lz4', { codec: 'lz4' }),
  produce('zstd', { codec: 'zstd' }),
  produce('1 partition', { partitions: 1, isSynced: true }),
  produce('100 partitions', { partitions: 100, isSynced: true }),
  produce('8 producers', { connections: 8, isSynced: true }),
  consume('1 KB (base)', { isQuick: true, isTwice: true }),
  consume('100 B', { recordBytes: 100, isQuick: true }),
  consume('lz4', { codec: 'lz4' }),
  consume('zstd', { codec: 'zstd' }),
  consume('1 partition', { partitions: 1 }),
  consume('100 partitions', { partitions: 100 }),
  consume('8 consumers', { consumers: 8, partitions: 8 }),
  consume('8 groups', { groups: 8 }),
  consume('older than what is in memory', { fillBytes: OLD_BYTES }),
  consume('cold', { isCold: true, fillBytes: OLD_BYTES }),
  both('1 KB, at the end of the topic (base)', { isFollowing: true, isQuick: true, isTwice: true, isSynced: true }),
  both('100 B, at the end of the topic', { isFollowing: true, recordBytes: 100 }),
  both('1 KB, old records read', { fillBytes: OLD_BYTES }),
  latency('1,000/s', { rate: 1000, isQuick: true }),
  latency('10,000/s (base)', { isQuick: true, isTwice: true, isSynced: true }),
  latency('50,000/s', { rate: 50_000 }),
  latency('100,000/s', { rate: 100_000 }),
  small('1 connection', { connections: 1, isSynced: true }),
  small('10 connections (base)', { isQuick: true, isTwice: true, isSynced: true }),
  small('100 connections', { connections: 100, isSynced: true }),
  produce('100 B, 8 producers', { recordBytes: 100, connections: 8, ...COMBINED }),
  produce('100 B, lz4, 100 partitions', { recordBytes: 100, codec: 'lz4', partitions: 100, ...COMBINED }),
  produce('zstd, 8 producers, 100 partitions', { codec: 'zstd', connections: 8, partitions: 100, ...COMBINED }),
  produce('batches of 256 KB, acks=1, 8 producers', { batchBytes: 262_144, acks: 1, connections: 8, ...COMBINED }),
  consume('100 B, lz4, 8 groups', { recordBytes: 100, codec: 'lz4', groups: 8, ...COMBINED }),
  consume('100 B, 100 partitions, 8 groups', { recordBytes: 100, partitions: 100, groups: 8, ...COMBINED }),
  consume('cold, 8 groups', { isCold: true, groups: 8, fillBytes: OLD_BYTES, ...COMBINED }),
  both('100 B, lz4, 8 producers, 100 partitions', {
    isFollowing: true,
    recordBytes: 100,
    codec: 'lz4',
    connections: 8,
    partitions: 100,
    ...COMBINED,
  }),
  latency('10,000/s of 1 KB', { recordBytes: 1000, ...COMBINED }),
  small('100 connections, acks=1', { connections: 100, acks: 1, ...COMBINED }),
  produce('1 KB, pinned', PINNED),
  produce('100 B, pinned', { recordBytes: 100, ...PINNED }),
  consume('1 KB, pinned', PINNED),
  consume('100 B, pinned', { recordBytes: 100, ...PINNED }),
  both('1 KB, pinned', { isFollowing: true, ...PINNED }),
  latency('10,000/s, pinned', PINNED),
  small('10 connections, pinned', PINNED),
  java('ProducerPerformance 1 KB', 'javaProduce', { recordBytes: 1000, records: 400_000 }),
  java('ProducerPerformance 100 B', 'javaProduce', { recordBytes: 100, records: 1_500_000 }),
  java('ConsumerPerformance 1 KB', 'javaConsume', { recordBytes: 1000, records: 400_000 }),
  java('ConsumerPerformance 100 B', 'javaConsume', { recordBytes: 100, records: 1_500_000 }),
  java('EndToEndLatency', 'javaLatency', { recordBytes: 100, records: 5000 }),
  transactions('1 record', { records: 1, isQuick: true, isSynced: true }),
  transactions('10 records', { records: 10 }),
  transactions('1,000 records', { records: 1000 }),
  {
    name: 'commit storm, 50 consumers with 8 under way each',
    group: 'Coordinators',
    kind: 'commits',
    consumers: 50,
    atOnce: 8,
    isSynced: true,
  },
  { name: 'share groups, 10 consumers, 500 records at a time', group: 'Coordinators', kind: 'shares', consumers: 10 },
  { name: 'at rest', group: 'Memory', kind: 'rest', isQuick: true, isTwice: true },
  idle('idlePartitions', 1000, 'partitions'),
  idle('idlePartitions', 10_000, 'partitions'),
  idle('idleConnections', 1000, 'connections'),
  idle('idleConnections', 5000, 'connections'),
  idle('idleConnections', 10_000, 'connections'),
  idle('idleGroups', 1000, 'groups'),
  idle('idleGroups', 10_000, 'groups'),
  { name: 'start, empty', group: 'Start', kind: 'start', isQuick: true, isTwice: true, isSynced: true },
  { name: "start, a day's retention in 2,000 segments", group: 'Start', kind: 'start', segments: 2000, rounds: 1 },
]

/** Kinds that need a broker to themselves; the others share one for a round. */
export const ownStart = new Set(['rest', 'idlePartitions', 'idleConnections', 'idleGroups', 'start'])

/** Whether a case is run on a system, by its key in systems.mjs. */
export function isRunOn(each, system) {
  if (system === 'again') return each.isTwice === true
  if (system === 'fsync') return each.isSynced === true
  return true
}
