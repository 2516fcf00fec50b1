/** What the kinds of cases give. */

const rate = { title: 'MB/s', digits: 0, better: 'more' }
const cpu = { title: 'broker CPU, s/GB', digits: 2, better: 'less' }
const written = { title: 'bytes to disk per byte', digits: 2, better: 'less' }
const latencies = {
  p50: { title: 'p50, ms', digits: 3, better: 'less' },
  p99: { title: 'p99, ms', digits: 2, better: 'less' },
  p999: { title: 'p99.9, ms', digits: 2, better: 'less' },
  max: { title: 'max, ms', digits: 1, better: 'less' },
}
const perSecond = { title: '/s', digits: 0, better: 'more' }
const memory = { title: 'memory, MB', digits: 0, better: 'less' }
const each = {
  memory: { title: 'KB each', digits: 2, better: 'less' },
  cpu: { title: '% of a core', digits: 1, better: 'less' },
}

/** By kind: unit, digits, and whether more is better; null: it is not of the broker. The first one of a kind is what the load generator may bind. */
export const metricsOf = {
  produce: { rate, cpu, memory, written },
  fetch: { rate, cpu, memory },
  both: { rate, cpu, memory },
  latency: {
    ...latencies,
    addedP50: { title: 'p50 less the floor, ms', digits: 3, better: 'less' },
    floorP50: { title: 'floor of the generator, p50, ms', digits: 3, better: null },
    floorP99: { title: 'floor of the generator, p99, ms', digits: 2, better: null },
    floorP999: { title: 'floor of the generator, p99.9, ms', digits: 2, better: null },
  },
  requests: { perSecond, cpu: { title: 'broker CPU, µs/request', digits: 1, better: 'less' } },
  javaProduce: { rate, cpu, memory },
  javaConsume: { rate, cpu },
  javaLatency: { p50: latencies.p50, p99: latencies.p99, p999: latencies.p999 },
  transactions: { perSecond },
  commits: { perSecond, p99: latencies.p99 },
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
