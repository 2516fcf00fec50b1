/** Scenarios on configs: what is described, what may be altered. */
import { makeTopics } from './topics.mjs'

const TOPIC = 2
const BROKER = 4
const BROKER_LOGGER = 8
const CLIENT_METRICS = 16
const GROUP = 32
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3]

const resource = (resourceType, resourceName, configurationKeys = null) => ({
  resourceType,
  resourceName,
  configurationKeys,
})

/** Noted config by config, so that each difference is one. */
async function describeAll(side, label, { type, name, version = 4, includeSynonyms = true, values }) {
  const answer = await side.askQuietly('DescribeConfigs', version, {
    resources: [resource(type, name)],
    ...(version >= 1 ? { includeSynonyms } : {}),
  })
  const [{ errorCode, errorMessage, configs }] = answer.results
  side.note(`${label} v${version}`, { errorCode, errorMessage })
  for (const config of configs) {
    const { name: key, value, synonyms, documentation, ...facts } = config
    const chain = synonyms.map((synonym) => (values ? synonym : { name: synonym.name, source: synonym.source }))
    side.note(
      `${label} v${version}, ${key}`,
      values ? { ...facts, value, synonyms: JSON.stringify(chain) } : { ...facts, synonyms: JSON.stringify(chain) },
    )
  }
}

export async function topicConfigs(side) {
  await makeTopics(side, { 'conf-a': [1, { 'retention.ms': '5000', 'cleanup.policy': 'compact' }] })
  for (const version of [1, 3, 4])
    await describeAll(side, 'topic', { type: TOPIC, name: 'conf-a', version, values: true })
  await describeAll(side, 'topic without synonyms', {
    type: TOPIC,
    name: 'conf-a',
    includeSynonyms: false,
    values: true,
  })
}

export async function brokerConfigs(side) {
  await describeAll(side, 'broker', { type: BROKER, name: '1', values: false })
  await describeAll(side, 'brokers', { type: BROKER, name: '', values: true })
}

/** Values of the broker's settings: those that are the defaults. */
export async function brokerDefaults(side) {
  const { results } = await side.askQuietly('DescribeConfigs', 4, {
    resources: [resource(BROKER, '1')],
    includeSynonyms: true,
  })
  for (const { name, value, configSource } of results[0].configs)
    if (configSource === 5) side.note(`default of ${name}`, { value })
}

export async function describeErrors(side) {
  await makeTopics(side, { 'conf-a': 1 })
  const ask = (label, ...resources) => side.askAll(label, 'DescribeConfigs', { resources }, { min: 1 })
  await ask('unknown topic', resource(TOPIC, 'conf-none'))
  await ask('illegal topic', resource(TOPIC, 'a b'))
  await ask('empty topic', resource(TOPIC, ''))
  await ask('other broker', resource(BROKER, '7'))
  await ask('broker that is no number', resource(BROKER, 'seven'))
  await ask('unknown type', resource(99, 'x'))
  await ask('no type', resource(0, 'x'))
  await ask('some keys', resource(TOPIC, 'conf-a', ['retention.ms', 'no.such.key']))
  await ask('no keys', resource(TOPIC, 'conf-a', []))
  await ask('nothing')
  await ask('topic twice', resource(TOPIC, 'conf-a', ['retention.ms']), resource(TOPIC, 'conf-a', ['retention.ms']))
  await side.ask('group', 'DescribeConfigs', 4, { resources: [resource(GROUP, 'conf-group')], includeSynonyms: true })
  await side.ask('empty group', 'DescribeConfigs', 4, { resources: [resource(GROUP, '')] })
  await side.ask('client metrics', 'DescribeConfigs', 4, { resources: [resource(CLIENT_METRICS, 'conf-metrics')] })
  await side.ask('empty client metrics', 'DescribeConfigs', 4, { resources: [resource(CLIENT_METRICS, '')] })
  const logger = await side.askQuietly('DescribeConfigs', 4, { resources: [resource(BROKER_LOGGER, '1')] })
  side.note('loggers', { errorCode: logger.results[0].errorCode, errorMessage: logger.results[0].errorMessage })
}

export async function alterIncrementally(side) {
  await makeTopics(side, { alt: 1 })
  const ops = (resourceType, resourceName, ...configs) => ({
    resourceType,
    resourceName,
    configs: configs.map(([name, configOperation, value = null]) => ({ name, configOperation, value })),
  })
  const ask = (label, ...resources) => side.ask(label, 'IncrementalAlterConfigs', 1, { resources })
  const topic = (label, ...configs) => ask(label, ops(TOPIC, 'alt', ...configs))
  const broker = (label, name, ...configs) => ask(label, ops(BROKER, name, ...configs))
  await topic('set', ['retention.ms', SET, '7000'])
  await topic('set to nothing', ['retention.ms', SET])
  await topic('set to an empty text', ['retention.ms', SET, ''])
  await topic('unknown key', ['no.such.key', SET, '1'])
  await topic('delete an unknown key', ['no.such.key', DELETE])
  await topic('not a number', ['retention.ms', SET, 'soon'])
  await topic('out of bounds', ['segment.bytes', SET, '1'])
  await topic('append to a number', ['retention.ms', APPEND, '1'])
  await topic('subtract from a number', ['retention.ms', SUBTRACT, '1'])
  await topic('append', ['cleanup.policy', APPEND, 'compact'])
  await topic('append again', ['cleanup.policy', APPEND, 'compact'])
  await topic('append something unknown', ['cleanup.policy', APPEND, 'shred'])
  await topic('append nothing', ['cleanup.policy', APPEND])
  await topic('subtract what is not there', ['leader.replication.throttled.replicas', SUBTRACT, '0:1'])
  await topic('append throttled replicas', ['leader.replication.throttled.replicas', APPEND, '0:1,1:1'])
  await topic('subtract one', ['leader.replication.throttled.replicas', SUBTRACT, '0:1'])
  await topic('subtract', ['cleanup.policy', SUBTRACT, 'delete'])
  await topic('subtract all', ['cleanup.policy', SUBTRACT, 'compact'])
  await topic('delete', ['retention.ms', DELETE])
  await topic('delete again', ['retention.ms', DELETE])
  await topic('key twice', ['retention.ms', SET, '1'], ['retention.ms', SET, '2'])
  await topic('unknown operation', ['retention.ms', 9, '1'])
  await topic('empty key', ['', SET, '1'])
  await topic('nothing')
  await topic('one good, one bad', ['retention.bytes', SET, '10000'], ['retention.ms', SET, 'soon'])
  await topic('crossed', ['min.compaction.lag.ms', SET, '5000'], ['max.compaction.lag.ms', SET, '1000'])
  await ask('topic twice', ops(TOPIC, 'alt', ['retention.ms', SET, '1']), ops(TOPIC, 'alt', ['retention.ms', SET, '2']))
  await ask(
    'one good, one unknown',
    ops(TOPIC, 'alt', ['retention.bytes', SET, '20000']),
    ops(TOPIC, 'alt-none', ['retention.bytes', SET, '1']),
  )
  await ask('unknown topic', ops(TOPIC, 'alt-none', ['retention.ms', SET, '1']))
  await ask('illegal topic', ops(TOPIC, 'a b', ['retention.ms', SET, '1']))
  await ask('empty topic', ops(TOPIC, '', ['retention.ms', SET, '1']))
  await ask('unknown type', ops(99, 'x', ['retention.ms', SET, '1']))
  await ask('no type', ops(0, 'x', ['retention.ms', SET, '1']))
  await ask('no resources')
  await broker('broker: dynamic', '1', ['log.retention.ms', SET, '70000000'])
  await broker('broker: read-only', '1', ['broker.rack', SET, 'a'])
  await broker('broker: listeners', '1', ['node.id', SET, '3'])
  await broker('broker: unknown key', '1', ['no.such.key', SET, 'a'])
  await broker('broker: not a number', '1', ['log.retention.ms', SET, 'soon'])
  await broker('broker: other', '9', ['log.retention.ms', SET, '70000000'])
  await broker('broker: no number', 'seven', ['log.retention.ms', SET, '70000000'])
  await broker('brokers: dynamic', '', ['log.retention.bytes', SET, '123456789'])
  await broker('brokers: of one broker alone', '', ['listeners', SET, 'PLAINTEXT://:9999'])
  await broker('brokers: read-only', '', ['broker.rack', SET, 'a'])
  await side.askAll('only validating', 'IncrementalAlterConfigs', {
    resources: [ops(TOPIC, 'alt', ['retention.ms', SET, '1']), ops(TOPIC, 'alt-none', ['retention.ms', SET, '1'])],
    validateOnly: true,
  })
  await describeAll(side, 'topic afterwards', { type: TOPIC, name: 'alt', values: true })
  await describeAll(side, 'brokers afterwards', { type: BROKER, name: '', values: true })
  await broker('broker: back', '1', ['log.retention.ms', DELETE])
  await broker('brokers: back', '', ['log.retention.bytes', DELETE])
  await ask('group', ops(GROUP, 'alt-group', ['consumer.session.timeout.ms', SET, '50000']))
  await ask('group, out of bounds', ops(GROUP, 'alt-group', ['consumer.session.timeout.ms', SET, '1']))
  await ask('group, unknown key', ops(GROUP, 'alt-group', ['no.such.key', SET, '1']))
  await ask('empty group', ops(GROUP, '', ['consumer.session.timeout.ms', SET, '50000']))
  await ask('client metrics', ops(CLIENT_METRICS, 'alt-metrics', ['interval.ms', SET, '1000']))
  await ask('client metrics, unknown key', ops(CLIENT_METRICS, 'alt-metrics', ['no.such.key', SET, '1']))
  await ask('client metrics, out of bounds', ops(CLIENT_METRICS, 'alt-metrics', ['interval.ms', SET, '1']))
  await describeAll(side, 'group afterwards', { type: GROUP, name: 'alt-group', values: true })
  await describeAll(side, 'client metrics afterwards', { type: CLIENT_METRICS, name: 'alt-metrics', values: true })
}

export async function alterWhole(side) {
  await makeTopics(side, { whole: [1, { 'retention.ms': '5000', 'segment.ms': '9000' }] })
  const of = (resourceType, resourceName, settings) => ({
    resourceType,
    resourceName,
    configs: Object.entries(settings).map(([name, value]) => ({ name, value })),
  })
  const ask = (label, ...resources) => side.askAll(label, 'AlterConfigs', { resources })
  await ask('replaced', of(TOPIC, 'whole', { 'retention.ms': '6000' }))
  await describeAll(side, 'whole topic', { type: TOPIC, name: 'whole', values: true })
  await ask('null value', of(TOPIC, 'whole', { 'retention.ms': null }))
  await ask('unknown key', of(TOPIC, 'whole', { 'no.such.key': '1' }))
  await ask('not a number', of(TOPIC, 'whole', { 'retention.ms': 'soon' }))
  await ask('unknown topic', of(TOPIC, 'whole-none', { 'retention.ms': '1' }))
  // A resource that is named twice is left out: Apache Kafka never answers.
  await ask('unknown type', of(99, 'whole', {}))
  await ask('other broker', of(BROKER, '9', { 'log.retention.ms': '1000000' }))
  await ask('read-only', of(BROKER, '1', { 'broker.rack': 'a' }))
  const twice = {
    resourceType: TOPIC,
    resourceName: 'whole',
    configs: [
      { name: 'retention.ms', value: '1' },
      { name: 'retention.ms', value: '2' },
    ],
  }
  await ask('key twice', twice)
  await ask('emptied', of(TOPIC, 'whole', {}))
  await describeAll(side, 'emptied topic', { type: TOPIC, name: 'whole', values: true })
}
