/** Scenarios on settings that change while a broker runs: every one of a broker with good and bad values, loggers, lists of resources. */
import { makeTopics } from './topics.mjs'

const TOPIC = 2
const BROKER = 4
const BROKER_LOGGER = 8
const CLIENT_METRICS = 16
const GROUP = 32
const [SET, DELETE, APPEND] = [0, 1, 2]

const op = (name, configOperation, value = null) => ({ name, configOperation, value })

async function judge(side, label, { type, name, configs }) {
  const { responses } = await side.askQuietly('IncrementalAlterConfigs', 1, {
    resources: [{ resourceType: type, resourceName: name, configs }],
    validateOnly: true,
  })
  side.note(label, { errorCode: responses[0].errorCode })
}

const BY_TYPE = {
  1: ['maybe', 'TRUE'],
  2: ['bogus'],
  3: ['-5', '0', 'x', '99999999999'],
  4: ['-5', 'x', '99999'],
  5: ['-5', '0', 'x'],
  6: ['-5', 'x'],
  7: ['', 'zz'],
}

/** Ports and folders. */
const OF_ONE_BROKER = new Set(['advertised.listeners', 'controller.quorum.voters', 'listeners', 'log.dirs'])

/** Every setting of a broker that Apache Kafka 4.3.1 shows, for one broker and for all; nothing is changed. */
export async function everyBrokerSetting(side) {
  const { results } = await side.askQuietly('DescribeConfigs', 4, {
    resources: [{ resourceType: BROKER, resourceName: '1', configurationKeys: null }],
  })
  for (const { name, value, configType, isSensitive } of results[0].configs) {
    if (isSensitive || name.startsWith('ottla.') || OF_ONE_BROKER.has(name)) continue
    for (const own of [value ?? '', ...(BY_TYPE[configType] ?? [])]) {
      const configs = [op(name, SET, own)]
      await judge(side, `${name}=${own} for one`, { type: BROKER, name: '1', configs })
      await judge(side, `${name}=${own} for all`, { type: BROKER, name: '', configs })
    }
  }
}

/** Every setting of a topic, likewise. */
export async function everyTopicSetting(side) {
  await makeTopics(side, { judged: 1 })
  const { results } = await side.askQuietly('DescribeConfigs', 4, {
    resources: [{ resourceType: TOPIC, resourceName: 'judged', configurationKeys: null }],
  })
  const values = [
    '-5',
    '-2',
    '-1',
    '0',
    '1',
    'x',
    '',
    '99999999999',
    'true',
    '*',
    '0:1',
    'delete,compact',
    'delete,delete',
  ]
  for (const { name, value } of results[0].configs) {
    if (name.startsWith('ottla.')) continue
    for (const own of [value ?? '', ...values]) {
      await judge(side, `topic ${name}=${own}`, { type: TOPIC, name: 'judged', configs: [op(name, SET, own)] })
    }
    await judge(side, `topic ${name}+zz`, { type: TOPIC, name: 'judged', configs: [op(name, APPEND, 'zz')] })
    await judge(side, `topic ${name} back`, { type: TOPIC, name: 'judged', configs: [op(name, DELETE)] })
  }
}

export async function loggers(side) {
  const alter = async (label, name, ...configs) => {
    const { responses } = await side.askQuietly('IncrementalAlterConfigs', 1, {
      resources: [{ resourceType: BROKER_LOGGER, resourceName: name, configs }],
    })
    side.note(`logger: ${label}`, { errorCode: responses[0].errorCode })
  }
  await alter('set', '1', op('root', SET, 'WARN'))
  await side.ask('root', 'DescribeConfigs', 4, {
    resources: [{ resourceType: BROKER_LOGGER, resourceName: '1', configurationKeys: ['root', 'nope'] }],
  })
  await alter('set back', '1', op('root', SET, 'INFO'))
  await alter('unknown level', '1', op('root', SET, 'LOUD'))
  await alter('level in small letters', '1', op('root', SET, 'debug'))
  await alter('no level', '1', op('root', SET, null))
  await alter('unknown logger', '1', op('not.there', SET, 'INFO'))
  await alter('unknown logger taken away', '1', op('not.there', DELETE))
  await alter('root taken away', '1', op('root', DELETE))
  await alter('appended', '1', op('root', APPEND, 'INFO'))
  await alter('twice', '1', op('root', SET, 'WARN'), op('root', SET, 'INFO'))
  await alter('of another broker', '2', op('root', SET, 'INFO'))
  await alter('of no broker', '', op('root', SET, 'INFO'))
  await alter('of what is no broker', 'x', op('root', SET, 'INFO'))
  for (const name of ['2', '', 'x']) {
    await side.ask(`of '${name}'`, 'DescribeConfigs', 4, {
      resources: [{ resourceType: BROKER_LOGGER, resourceName: name, configurationKeys: null }],
    })
  }
}

const GROUP_SETTINGS = {
  'consumer.session.timeout.ms': ['50000', '1', '99999999', 'x'],
  'consumer.heartbeat.interval.ms': ['5000', '4999', '15000', '15001'],
  'share.auto.offset.reset': ['earliest', 'by_duration:PT1H', 'nope', 'by_duration:P'],
  'share.isolation.level': ['read_committed', 'READ_COMMITTED', 'x'],
  'share.record.lock.duration.ms': ['15000', '1', '60001'],
  'share.delivery.count.limit': ['2', '1', '100'],
  'share.partition.max.record.locks': ['100', '1', '10001'],
  'share.heartbeat.interval.ms': ['5000', '1'],
  'share.session.timeout.ms': ['45000', '1'],
  'streams.session.timeout.ms': ['45000', '1'],
  'streams.heartbeat.interval.ms': ['5000', '1'],
  'streams.num.standby.replicas': ['0', '2', '7', '-1'],
  nope: ['1'],
}

const CLIENT_METRICS_SETTINGS = {
  metrics: ['', 'a.,b.', '*'],
  'interval.ms': ['100', '99', '3600000', '3600001', 'x'],
  match: ['', 'client_id=a.*', 'client_id=a,client_software_name=b', 'a', 'client_id=[', 'nope=a'],
  nope: ['1'],
}

export async function groupsAndClientMetrics(side) {
  for (const [type, what, settings] of [
    [GROUP, 'group', GROUP_SETTINGS],
    [CLIENT_METRICS, 'client metrics', CLIENT_METRICS_SETTINGS],
  ]) {
    for (const [key, values] of Object.entries(settings)) {
      for (const value of values) {
        await judge(side, `${what} ${key}=${value}`, { type, name: 'judged', configs: [op(key, SET, value)] })
      }
      await judge(side, `${what} ${key}+a`, { type, name: 'judged', configs: [op(key, APPEND, 'a')] })
    }
    await judge(side, `${what} without a name`, { type, name: '', configs: [op(Object.keys(settings)[0], DELETE)] })
  }
}

export async function resources(side) {
  const own = (answer) => ({
    errorCode: answer.errorCode,
    found: answer.configResources
      .filter(({ resourceName }) => /^(1|listed.*)$/.test(resourceName))
      .map(({ resourceName, resourceType }) => `${resourceType} ${resourceName}`),
  })
  await makeTopics(side, { listed: 1 })
  const configs = (name, value) => [op(name, SET, value)]
  await side.askQuietly('IncrementalAlterConfigs', 1, {
    resources: [
      {
        resourceType: GROUP,
        resourceName: 'listed-group',
        configs: configs('share.isolation.level', 'read_committed'),
      },
      { resourceType: CLIENT_METRICS, resourceName: 'listed-metrics', configs: configs('interval.ms', '1000') },
    ],
  })
  side.note('resources v0', own(await side.askQuietly('ListConfigResources', 0, {})))
  for (const resourceTypes of [[], [2], [4, 8], [16, 32], [77], [0]]) {
    side.note(`resources ${resourceTypes}`, own(await side.askQuietly('ListConfigResources', 1, { resourceTypes })))
  }
}
