import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { dynamicBrokerConfigProblem } from './dynamic-broker-rules.ts'
import { parseServerProperties } from './parse-server-properties.ts'
import { clientMetricsConfigProblem, groupConfigProblem, topicConfigProblem } from './resource-rules.ts'

const parsed = parseServerProperties('', 'f')
if (parsed.kind === 'refused') throw new Error('an empty file is accepted')
const broker = parsed.config
const texts = (...pairs: [string, string][]) => new Map(pairs)

test('topic settings: unknown names, wrong types, bounds and contradictions are refused in Kafka’s words', () => {
  equal(topicConfigProblem(texts(['retention.ms', '5'], ['ottla.durability', 'fsync']), broker), null)
  equal(topicConfigProblem(texts(['retention', '5']), broker), 'Unknown topic config name: retention')
  equal(
    topicConfigProblem(texts(['retention.ms', '-5']), broker),
    'Invalid value -5 for configuration retention.ms: Value must be at least -1',
  )
  equal(
    topicConfigProblem(texts(['cleanup.policy', 'compact,forget']), broker),
    'Invalid value forget for configuration cleanup.policy: String must be one of: compact, delete',
  )
  match(
    topicConfigProblem(texts(['min.compaction.lag.ms', '20'], ['max.compaction.lag.ms', '10']), broker) ?? '',
    /min.compaction.lag.ms \(20\) > max.compaction.lag.ms \(10\)/,
  )
  match(topicConfigProblem(texts(['remote.storage.enable', 'true']), broker) ?? '', /Tiered Storage/)
  equal(topicConfigProblem(texts(['leader.replication.throttled.replicas', '0:1,1:2']), broker), null)
  match(
    topicConfigProblem(texts(['leader.replication.throttled.replicas', 'x']), broker) ?? '',
    /\[partitionId\]:\[brokerId\]/,
  )
  equal(topicConfigProblem(texts(['compression.gzip.level', '-1']), broker), null)
  match(topicConfigProblem(texts(['compression.gzip.level', '0']), broker) ?? '', /between 1 and 9/)
})

test('group settings stay within the bounds of the broker', () => {
  equal(groupConfigProblem(texts(['consumer.session.timeout.ms', '50000']), broker), null)
  match(groupConfigProblem(texts(['consumer.session.timeout.ms', '1']), broker) ?? '', /greater than or equal/)
  match(groupConfigProblem(texts(['consumer.heartbeat.interval.ms', '90000']), broker) ?? '', /less than or equal/)
  equal(groupConfigProblem(texts(['share.auto.offset.reset', 'by_duration:PT1H']), broker), null)
  match(groupConfigProblem(texts(['share.auto.offset.reset', 'by_duration:P']), broker) ?? '', /by_duration/)
  equal(groupConfigProblem(texts(['x', '1']), broker), 'Unknown group config name: x')
})

test('client metrics: interval and match patterns are checked', () => {
  equal(clientMetricsConfigProblem(texts(['metrics', ''], ['interval.ms', '100'], ['match', 'client_id=a.*'])), null)
  match(clientMetricsConfigProblem(texts(['interval.ms', '99']))?.message ?? '', /between 100 and 3600000/)
  match(clientMetricsConfigProblem(texts(['match', 'client=a']))?.message ?? '', /Illegal/)
  match(clientMetricsConfigProblem(texts(['match', 'client_id=(']))?.message ?? '', /Illegal/)
})

test('dynamic broker settings: read-only keys are refused, per-broker keys have no default for all, plugins’ keys pass', () => {
  equal(
    dynamicBrokerConfigProblem(texts(['log.retention.ms', '1']), { scope: 'cluster-default', config: broker }),
    null,
  )
  equal(
    dynamicBrokerConfigProblem(texts(['num.partitions', '1']), { scope: 'broker', config: broker }),
    'Cannot update these configs dynamically: [num.partitions]',
  )
  deepEqual(
    dynamicBrokerConfigProblem(texts(['ssl.client.auth', 'none']), { scope: 'cluster-default', config: broker }),
    'Cannot update these configs at default cluster level, broker id must be specified: [ssl.client.auth]',
  )
  equal(dynamicBrokerConfigProblem(texts(['my.plugin.key', '1']), { scope: 'cluster-default', config: broker }), null)
  match(
    dynamicBrokerConfigProblem(texts(['log.retention.ms', 'x']), { scope: 'broker', config: broker }) ?? '',
    /type LONG/,
  )
})

test('dynamic broker settings: what would not hold together, or grow too fast, is refused', () => {
  const problem = (...pairs: [string, string][]) =>
    dynamicBrokerConfigProblem(new Map(pairs), { scope: 'broker', config: broker })
  equal(problem(['log.roll.ms', '0']), 'requirement failed: log.roll.ms must be greater than or equal to 1')
  match(problem(['log.retention.ms', '0']) ?? '', /unlimited/)
  match(problem(['log.cleaner.dedupe.buffer.size', '1000']) ?? '', /1MB per cleaner thread/)
  match(problem(['num.io.threads', '100']) ?? '', /double the current value 8/)
  match(problem(['num.io.threads', '3']) ?? '', /half the current value 8/)
  equal(problem(['num.io.threads', '4']), null)
  match(problem(['max.connections.per.ip', '0']) ?? '', /can be set to zero only if/)
  equal(problem(['max.connections.per.ip', '0'], ['max.connections.per.ip.overrides', '127.0.0.1:5']), null)
  match(problem(['max.connections.per.ip.overrides', 'x']) ?? '', /begin 0, end -1, length 1/)
  match(problem(['ssl.keystore.location', '/x']) ?? '', /per-listener/)
  match(problem(['cordoned.log.dirs', '/no/such/dir']) ?? '', /Missing entries: \/no/)
  equal(problem(['cordoned.log.dirs', '*']), null)
  match(problem(['listeners', 'PLAINTEXT://:1']) ?? '', /Cannot update/)
  match(problem(['log.local.retention.ms', '-1']) ?? '', /must not be -1/)
})

test('a value out of its range is named as it was understood', () => {
  equal(
    dynamicBrokerConfigProblem(texts(['log.cleaner.min.cleanable.ratio', '-5']), { scope: 'broker', config: broker }),
    'Invalid value -5.0 for configuration log.cleaner.min.cleanable.ratio: Value must be at least 0',
  )
})
