import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { parseServerProperties } from './parse-server-properties.ts'
import {
  clientMetricsConfigProblem,
  dynamicBrokerConfigProblem,
  groupConfigProblem,
  topicConfigProblem,
} from './resource-rules.ts'

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
    'Invalid value compact,forget for configuration cleanup.policy: String must be one of: compact, delete',
  )
  match(
    topicConfigProblem(texts(['min.compaction.lag.ms', '20'], ['max.compaction.lag.ms', '10']), broker) ?? '',
    /min.compaction.lag.ms \(20\) > max.compaction.lag.ms \(10\)/,
  )
  match(topicConfigProblem(texts(['remote.storage.enable', 'true']), broker) ?? '', /Tiered Storage/)
  equal(topicConfigProblem(texts(['leader.replication.throttled.replicas', '0:1,1:2']), broker), null)
  match(topicConfigProblem(texts(['leader.replication.throttled.replicas', 'x']), broker) ?? '', /partitionId:brokerId/)
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
  match(clientMetricsConfigProblem(texts(['interval.ms', '99'])) ?? '', /between 100 and 3600000/)
  match(clientMetricsConfigProblem(texts(['match', 'client=a'])) ?? '', /Illegal/)
  match(clientMetricsConfigProblem(texts(['match', 'client_id=('])) ?? '', /Illegal/)
})

test('dynamic broker settings: read-only keys are refused, per-broker keys have no default for all, plugins’ keys pass', () => {
  equal(dynamicBrokerConfigProblem(texts(['log.retention.ms', '1']), 'cluster-default'), null)
  equal(
    dynamicBrokerConfigProblem(texts(['num.partitions', '1']), 'broker'),
    'Cannot update these configs dynamically: [num.partitions]',
  )
  deepEqual(
    dynamicBrokerConfigProblem(texts(['ssl.keystore.type', 'PEM']), 'cluster-default'),
    'Cannot update these configs at default cluster level, broker id must be specified: [ssl.keystore.type]',
  )
  equal(dynamicBrokerConfigProblem(texts(['my.plugin.key', '1']), 'cluster-default'), null)
  match(dynamicBrokerConfigProblem(texts(['log.retention.ms', 'x']), 'broker') ?? '', /type LONG/)
})
