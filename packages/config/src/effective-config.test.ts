import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { INT64_MAX } from '@ottla/stdx'
import type { BrokerConfig } from './broker-config.ts'
import { ConfigSource, describeBroker, describeBrokerDefaults, describeGroup, describeTopic } from './describe.ts'
import { effectiveGroupConfig, effectiveTopicConfig } from './effective-config.ts'
import { logSettings } from './log-settings.ts'
import { parseServerProperties } from './parse-server-properties.ts'

function brokerWith(text: string): BrokerConfig {
  const result = parseServerProperties(text, 'f')
  if (result.kind === 'refused') throw new Error(result.problems[0]?.message)
  return result.config
}

test('a broker’s setting in hours gives the topic’s in milliseconds; the finer unit wins', () => {
  equal(effectiveTopicConfig(brokerWith('log.retention.hours=2')).values['retention.ms'], 7_200_000)
  equal(
    effectiveTopicConfig(brokerWith('log.retention.hours=2\nlog.retention.minutes=3')).values['retention.ms'],
    180_000,
  )
  equal(effectiveTopicConfig(brokerWith('log.retention.hours=-1')).values['retention.ms'], -1)
  equal(effectiveTopicConfig(brokerWith('log.flush.scheduler.interval.ms=7')).values['flush.ms'], 7)
  equal(effectiveTopicConfig(brokerWith('')).values['flush.ms'], INT64_MAX)
})

test('a topic’s own value wins over the broker’s', () => {
  const config = effectiveTopicConfig(brokerWith('log.segment.bytes=2000000'), new Map([['segment.bytes', '3000000']]))
  equal(config.values['segment.bytes'], 3_000_000)
  equal(logSettings(config, brokerWith('')).segmentBytes, 3_000_000)
})

test('topics without own settings share one object', () => {
  const broker = brokerWith('')
  equal(effectiveTopicConfig(broker), effectiveTopicConfig(broker))
})

test('a described topic names the source of each value and what stands behind it', () => {
  const broker = brokerWith('log.segment.bytes=2000000').withDynamic({
    clusterDefault: new Map([['log.segment.bytes', '2500000']]),
    broker: new Map(),
  })
  const rows = describeTopic(broker, effectiveTopicConfig(broker, new Map([['segment.bytes', '3000000']])))
  const row = rows.find(({ name }) => name === 'segment.bytes')
  deepEqual(row, {
    name: 'segment.bytes',
    value: '3000000',
    source: ConfigSource.DYNAMIC_TOPIC,
    readOnly: false,
    isSensitive: false,
    synonyms: [
      { name: 'segment.bytes', value: '3000000', source: ConfigSource.DYNAMIC_TOPIC },
      { name: 'log.segment.bytes', value: '2500000', source: ConfigSource.DYNAMIC_DEFAULT_BROKER },
      { name: 'log.segment.bytes', value: '2000000', source: ConfigSource.STATIC_BROKER },
      { name: 'log.segment.bytes', value: '1073741824', source: ConfigSource.DEFAULT },
    ],
    type: 3,
    documentation: 'Bytes at which a new segment begins.',
  })
  equal(rows.length, 38, '38 of 4.4 less the internal one, and ottla.durability')
})

test('a described broker shows passwords and unknown keys without their values, and read-only keys as such', () => {
  const rows = describeBroker(brokerWith('ssl.key.password=secret\nx.y=1\nlog.retention.hours=3'))
  const row = (name: string) => rows.find((candidate) => candidate.name === name)
  equal(row('ssl.key.password')?.value, null)
  equal(row('ssl.key.password')?.isSensitive, true)
  equal(row('ssl.key.password')?.synonyms[0]?.value, null)
  equal(row('x.y')?.isSensitive, true)
  equal(row('num.partitions')?.readOnly, true)
  equal(row('log.retention.hours')?.value, '3')
  equal(row('unstable.api.versions.enable'), undefined, 'internal keys are left out')
  equal(row('controller_mutation_rate'), undefined)
  equal(row('log.cleaner.io.max.bytes.per.second')?.value, '1.7976931348623157E308')
  equal(row('log.flush.interval.messages')?.value, '9223372036854775807')
})

test('the described default of all brokers holds what was set for all, and nothing else', () => {
  const broker = brokerWith('').withDynamic({ clusterDefault: new Map([['log.retention.ms', '5']]), broker: new Map() })
  deepEqual(
    describeBrokerDefaults(broker).map(({ name, value, source }) => ({ name, value, source })),
    [{ name: 'log.retention.ms', value: '5', source: ConfigSource.DYNAMIC_DEFAULT_BROKER }],
  )
})

test('a group without own settings takes the broker’s', () => {
  const broker = brokerWith('group.consumer.session.timeout.ms=50000')
  const config = effectiveGroupConfig(broker)
  equal(config.values['consumer.session.timeout.ms'], 50_000)
  const row = describeGroup(broker, config).find(({ name }) => name === 'consumer.session.timeout.ms')
  equal(row?.source, ConfigSource.STATIC_BROKER)
  equal(config.values['streams.assignor.name'], 'sticky')
  const own = describeGroup(broker, config).find(({ name }) => name === 'share.isolation.level')
  deepEqual(own?.synonyms, [{ name: 'share.isolation.level', value: 'read_uncommitted', source: ConfigSource.DEFAULT }])
})
