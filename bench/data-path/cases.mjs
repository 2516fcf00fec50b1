/**
 * What is measured: one base case of each kind, each factor varied alone, and combinations. A case is data: `kind` names the
 * function of measures/ that runs it, the rest is its load.
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
const fetchBase = { kind: 'fetch', recordBytes: 1000, batchBytes: 16_384, codec: 'none', partitions: 6, readers: 1 }
const latencyBase = { kind: 'latency', recordBytes: 100, acks: -1, rate: 10_000 }

const produce = (name, change = {}) => ({ name: `produce ${name}`, group: 'Produce', ...produceBase, ...change })
const consume = (name, change = {}) => ({ name: `consume ${name}`, group: 'Consume', ...fetchBase, ...change })
const latency = (name, change) => ({ name: `latency ${name}`, group: 'End to end', ...latencyBase, ...change })
const small = (name, connections) => ({
  ...produceBase,
  name: `small requests, ${name}`,
  group: 'Small requests',
  kind: 'requests',
  recordBytes: 100,
  batchBytes: 1,
  partitions: 1,
  connections,
  inFlight: 1,
})

export const cases = [
  produce('1 KB (base)', { isQuick: true }),
  produce('100 B', { recordBytes: 100, isQuick: true }),
  produce('acks=1', { acks: 1 }),
  produce('lz4', { codec: 'lz4' }),
  produce('zstd', { codec: 'zstd' }),
  produce('1 partition', { partitions: 1 }),
  produce('100 partitions', { partitions: 100 }),
  produce('8 producers', { connections: 8 }),
  produce('batches of 256 KB', { batchBytes: 262_144 }),
  consume('1 KB (base)', { isQuick: true }),
  consume('100 B', { recordBytes: 100, isQuick: true }),
  consume('lz4', { codec: 'lz4' }),
  consume('1 partition', { partitions: 1 }),
  consume('100 partitions', { partitions: 100 }),
  consume('8 groups', { readers: 8 }),
  consume('cold', { isCold: true }),
  consume('cold, 8 groups', { isCold: true, readers: 8 }),
  { ...produceBase, name: 'both at once', group: 'Produce and consume', kind: 'both', isQuick: true },
  {
    ...produceBase,
    name: 'both, 100 B, lz4',
    group: 'Produce and consume',
    kind: 'both',
    recordBytes: 100,
    codec: 'lz4',
  },
  latency('1,000/s', { rate: 1000, isQuick: true }),
  latency('10,000/s', { isQuick: true }),
  latency('50,000/s', { rate: 50_000 }),
  latency('100,000/s', { rate: 100_000 }),
  small('1 connection', 1),
  { ...small('10 connections', 10), isQuick: true },
  small('100 connections', 100),
  // combinations
  produce('100 B, 8 producers', { recordBytes: 100, connections: 8 }),
  produce('100 B, lz4, 100 partitions', { recordBytes: 100, codec: 'lz4', partitions: 100 }),
  produce('100 B, acks=1, 1 partition', { recordBytes: 100, acks: 1, partitions: 1 }),
  produce('zstd, 8 producers, 100 partitions', { codec: 'zstd', connections: 8, partitions: 100 }),
  consume('100 B, lz4, 8 groups', { recordBytes: 100, codec: 'lz4', readers: 8 }),
  consume('100 B, 100 partitions, 8 groups', { recordBytes: 100, partitions: 100, readers: 8 }),
  { ...small('100 connections, acks=1', 100), acks: 1 },
  latency('10,000/s of 1 KB', { recordBytes: 1000 }),
  produce('1 KB, pinned', { isPinned: true }),
  consume('1 KB, pinned', { isPinned: true }),
  latency('10,000/s, pinned', { isPinned: true }),
  // Kafka's own load tools: on few cores the tool binds; then CPU tells
  {
    name: 'ProducerPerformance 1 KB',
    group: "Kafka's load tools",
    kind: 'javaProduce',
    recordBytes: 1000,
    records: 500_000,
  },
  {
    name: 'ProducerPerformance 100 B',
    group: "Kafka's load tools",
    kind: 'javaProduce',
    recordBytes: 100,
    records: 2_000_000,
  },
  {
    name: 'ConsumerPerformance 1 KB',
    group: "Kafka's load tools",
    kind: 'javaConsume',
    recordBytes: 1000,
    records: 500_000,
  },
  { name: 'EndToEndLatency', group: "Kafka's load tools", kind: 'javaLatency', recordBytes: 100, records: 5000 },
  // what stands beside the path of the data
  { name: 'transactions of 1 record', group: 'Coordinators', kind: 'transactions', producers: 10, isQuick: true },
  { name: 'commits, 50 consumers', group: 'Coordinators', kind: 'commits', consumers: 50 },
  { name: 'share groups, 500 at a time', group: 'Coordinators', kind: 'shares', consumers: 10 },
  // each after a start of its own
  { name: 'at rest', group: 'Memory', kind: 'rest', isQuick: true },
  { name: '1,000 partitions', group: 'Cost of what is idle', kind: 'idlePartitions', count: 1000 },
  { name: '10,000 partitions', group: 'Cost of what is idle', kind: 'idlePartitions', count: 10_000 },
  { name: '1,000 connections', group: 'Cost of what is idle', kind: 'idleConnections', count: 1000 },
  { name: '5,000 connections', group: 'Cost of what is idle', kind: 'idleConnections', count: 5000 },
  { name: '1,000 groups', group: 'Cost of what is idle', kind: 'idleGroups', count: 1000 },
  { name: 'start, empty', group: 'Start', kind: 'start', isQuick: true },
  { name: 'start, 2,000 segments on disk', group: 'Start', kind: 'start', segments: 2000 },
]

/** What a kind of case gives: unit, digits, and whether more is better. The first is the one that is plotted. */
const rate = { title: 'MB/s', digits: 0, better: 'more' }
const cpu = { title: 'broker CPU, s/GB', digits: 2, better: 'less' }
const written = { title: 'bytes to disk per byte', digits: 2, better: 'less' }
const latencyMetrics = {
  p50: { title: 'p50, ms', digits: 2, better: 'less' },
  p99: { title: 'p99, ms', digits: 2, better: 'less' },
  p999: { title: 'p99.9, ms', digits: 2, better: 'less' },
  max: { title: 'max, ms', digits: 1, better: 'less' },
}
const perSecond = { title: '/s', digits: 0, better: 'more' }
const memory = { title: 'MB', digits: 0, better: 'less' }
const each = {
  memory: { title: 'KB each', digits: 2, better: 'less' },
  cpu: { title: '% of a core', digits: 1, better: 'less' },
}

export const metricsOf = {
  produce: { rate, cpu, memory, written },
  fetch: { rate, cpu, memory },
  both: { rate, cpu, memory },
  latency: {
    ...latencyMetrics,
    floorP50: { title: 'floor of the generator, p50, ms', digits: 2, better: 'less' },
    floorP99: { title: 'floor of the generator, p99, ms', digits: 2, better: 'less' },
  },
  requests: { perSecond, cpu: { title: 'broker CPU, µs/request', digits: 1, better: 'less' } },
  javaProduce: { rate, cpu, memory },
  javaConsume: { rate, cpu },
  javaLatency: latencyMetrics,
  transactions: { perSecond },
  commits: { perSecond, p99: latencyMetrics.p99 },
  shares: { perSecond },
  rest: { memory },
  idlePartitions: each,
  idleConnections: each,
  idleGroups: each,
  start: {
    accepted: { title: 'to the first connection, ms', digits: 0, better: 'less' },
    acknowledged: { title: 'to the first acknowledged record, ms', digits: 0, better: 'less' },
  },
}

/** Kinds that need a broker to themselves; the others share one for a round. */
export const ownStart = new Set(['rest', 'idlePartitions', 'idleConnections', 'idleGroups', 'start'])
