/** Topics, settings, brokers and the cluster. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { ConfigResourceType, OffsetMark, partitionKey, quotaEntityKey, resourceKey, unwrap } from '@ottla/client'
import { texts, valuesOf } from '../support/world.mjs'

const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
const topics = { CreateTopics: 2, DeleteTopics: 1, Metadata: 4 }
const alterConfigs = { ...topics, DescribeConfigs: 1, IncrementalAlterConfigs: 0 }

const settingsOf = async (world, resource, options = {}) => {
  const described = await world.admin.describeConfigs([resource], options)
  return new Map(unwrap(described.get(resourceKey(resource))).map((entry) => [entry.name, entry]))
}

const change = async (world, resource, changes, options = {}) => {
  const altered = await world.admin.incrementalAlterConfigs([{ resource, changes }], options)
  return altered.get(resourceKey(resource))
}

const codeOf = (outcome) => (outcome.kind === 'failed' ? outcome.error.code : 'NONE')

export default [
  {
    name: 'topics are made, listed, described and deleted',
    needs: topics,
    async run(world) {
      const name = world.name('t')
      const missing = world.name('missing')
      const wanted = [
        { name, partitionCount: 3, replicationFactor: 1, configs: { 'retention.ms': '1000' } },
        { name: 'not a name!', partitionCount: 1, replicationFactor: 1 },
      ]
      const created = await world.admin.createTopics(wanted)
      equal(unwrap(created.get(name)).name, name)
      equal(codeOf(created.get('not a name!')), 'INVALID_TOPIC_EXCEPTION')
      await world.until('it is listed', async () =>
        (await world.admin.listTopics()).some((topic) => topic.name === name),
      )
      const described = await world.admin.describeTopics([name, missing])
      const { partitions } = unwrap(described.get(name))
      deepEqual(
        partitions.map(({ partition, replicas, isr }) => [partition, replicas.length, isr.length]),
        [0, 1, 2].map((partition) => [partition, 1, 1]),
      )
      equal(partitions[0].leader.id, partitions[0].replicas[0])
      equal(codeOf(described.get(missing)), 'UNKNOWN_TOPIC_OR_PARTITION')
      equal(codeOf((await world.admin.createTopics([wanted[0]])).get(name)), 'TOPIC_ALREADY_EXISTS')
      const deleted = await world.admin.deleteTopics({ names: [name, missing] })
      unwrap(deleted.get(name))
      equal(codeOf(deleted.get(missing)), 'UNKNOWN_TOPIC_OR_PARTITION')
      await world.until('it is gone', async () =>
        (await world.admin.listTopics()).every((topic) => topic.name !== name),
      )
    },
  },
  {
    name: 'topics are made with assignments, and with the cluster’s defaults',
    needs: { ...topics, CreateTopics: 4 },
    async run(world) {
      const { brokers } = await world.admin.describeCluster()
      const [assigned, plain] = [world.name('t'), world.name('t')]
      const created = await world.admin.createTopics([
        { name: assigned, assignments: [[brokers[0].id], [brokers[0].id]] },
        { name: plain },
      ])
      for (const name of [assigned, plain]) unwrap(created.get(name))
      await world.until('both partitions are there', async () => {
        const outcome = (await world.admin.describeTopics([assigned])).get(assigned)
        return outcome.kind === 'done' && outcome.value.partitions.length === 2
      })
    },
  },
  {
    name: 'a check alone makes nothing',
    needs: { ...topics, CreatePartitions: 0 },
    async run(world) {
      const name = world.name('t')
      const wanted = [{ name, partitionCount: 1, replicationFactor: 1 }]
      unwrap((await world.admin.createTopics(wanted, { validateOnly: true })).get(name))
      ok((await world.admin.listTopics()).every((topic) => topic.name !== name))
      await world.topic({ name })
      const grown = await world.admin.createPartitions([{ topic: name, totalCount: 4 }], { validateOnly: true })
      unwrap(grown.get(name))
      equal(unwrap((await world.admin.describeTopics([name])).get(name)).partitions.length, 1)
    },
  },
  {
    name: 'topics have ids: described and deleted by them',
    needs: { ...topics, Metadata: 12, DeleteTopics: 6, CreateTopics: 7 },
    async run(world) {
      const name = world.name('t')
      const created = await world.admin.createTopics([{ name, partitionCount: 1, replicationFactor: 1 }])
      const { id, partitionCount, replicationFactor } = unwrap(created.get(name))
      deepEqual([id === ZERO_UUID, partitionCount, replicationFactor], [false, 1, 1])
      await world.until('it is described by its id', async () => {
        const outcome = (await world.admin.describeTopicsById([id])).get(id)
        return outcome.kind === 'done' && outcome.value.name === name
      })
      unwrap((await world.admin.deleteTopics({ ids: [id] })).get(id))
      await world.until('it is gone', async () => {
        return codeOf((await world.admin.describeTopicsById([id])).get(id)) === 'UNKNOWN_TOPIC_ID'
      })
    },
  },
  {
    name: 'a topic with many partitions is described in pieces',
    needs: { ...topics, DescribeTopicPartitions: 0 },
    async run(world) {
      const [a, b] = [await world.topic({ partitions: 30 }), await world.topic({ partitions: 5 })]
      const described = await world.admin.describeTopics([a, b], { partitionLimit: 7 })
      for (const [name, count] of [
        [a, 30],
        [b, 5],
      ]) {
        const { partitions } = unwrap(described.get(name))
        deepEqual(
          partitions.map(({ partition }) => partition),
          Array.from({ length: count }, (_, n) => n),
        )
      }
    },
  },
  {
    name: 'partitions are added, never taken away',
    needs: { ...topics, CreatePartitions: 0 },
    async run(world) {
      const name = await world.topic({ partitions: 2 })
      const grow = async (totalCount) => (await world.admin.createPartitions([{ topic: name, totalCount }])).get(name)
      unwrap(await grow(4))
      await world.until('there are four', async () => {
        return unwrap((await world.admin.describeTopics([name])).get(name)).partitions.length === 4
      })
      equal(codeOf(await grow(3)), 'INVALID_PARTITIONS')
      const missing = await world.admin.createPartitions([{ topic: world.name('missing'), totalCount: 2 }])
      equal(codeOf([...missing.values()][0]), 'UNKNOWN_TOPIC_OR_PARTITION')
    },
  },
  {
    name: 'settings of a topic: set, added to, taken from, given up, with where they are from',
    needs: alterConfigs,
    async run(world) {
      const name = await world.topic({ configs: { 'retention.ms': '5000', 'cleanup.policy': 'delete' } })
      const resource = { type: ConfigResourceType.topic, name }
      const before = await settingsOf(world, resource)
      deepEqual([before.get('retention.ms').value, before.get('retention.ms').source], ['5000', 'DYNAMIC_TOPIC_CONFIG'])
      equal(before.get('segment.bytes').source, 'DEFAULT_CONFIG')
      const changes = [
        { kind: 'set', name: 'max.message.bytes', value: '2000' },
        { kind: 'delete', name: 'retention.ms' },
        { kind: 'append', name: 'cleanup.policy', value: 'compact' },
      ]
      unwrap(await change(world, resource, changes, { validateOnly: true }))
      equal((await settingsOf(world, resource)).get('retention.ms').value, '5000')
      unwrap(await change(world, resource, changes))
      await world.until('all three are so', async () => {
        const now = await settingsOf(world, resource)
        return (
          now.get('max.message.bytes').value === '2000' &&
          now.get('retention.ms').source !== 'DYNAMIC_TOPIC_CONFIG' &&
          now.get('cleanup.policy').value === 'delete,compact'
        )
      })
      unwrap(await change(world, resource, [{ kind: 'subtract', name: 'cleanup.policy', value: 'delete' }]))
      await world.until('it is only compacted', async () => {
        return (
          (await settingsOf(world, resource, { keys: ['cleanup.policy'] })).get('cleanup.policy').value === 'compact'
        )
      })
      equal((await settingsOf(world, resource, { keys: ['cleanup.policy'] })).size, 1)
      const refused = await change(world, resource, [{ kind: 'set', name: 'retention.ms', value: 'x' }])
      // 2.4 says INVALID_REQUEST.
      ok(['INVALID_CONFIG', 'INVALID_REQUEST'].includes(codeOf(refused)))
      const synonyms = (await settingsOf(world, resource, { includeSynonyms: true })).get('max.message.bytes').synonyms
      deepEqual([synonyms[0].value, synonyms[0].source], ['2000', 'DYNAMIC_TOPIC_CONFIG'])
    },
  },
  {
    name: 'settings of a broker and of all brokers, read and changed',
    needs: alterConfigs,
    async run(world) {
      const { brokers } = await world.admin.describeCluster()
      const one = { type: ConfigResourceType.broker, name: String(brokers[0].id) }
      const settings = await settingsOf(world, one)
      ok(settings.get('log.dirs')?.isReadOnly ?? settings.get('log.dir').isReadOnly)
      const all = { type: ConfigResourceType.broker, name: '' }
      unwrap(await change(world, all, [{ kind: 'set', name: 'log.cleaner.delete.retention.ms', value: '86400001' }]))
      await world.until('the broker has it', async () => {
        const found = (await settingsOf(world, one)).get('log.cleaner.delete.retention.ms')
        return found.value === '86400001' && found.source === 'DYNAMIC_DEFAULT_BROKER_CONFIG'
      })
      unwrap(await change(world, all, [{ kind: 'delete', name: 'log.cleaner.delete.retention.ms' }]))
      await world.until('it is as before', async () => {
        return (await settingsOf(world, one)).get('log.cleaner.delete.retention.ms').source === 'DEFAULT_CONFIG'
      })
    },
  },
  {
    name: 'loggers of a broker are listed and changed',
    needs: alterConfigs,
    async run(world) {
      const { brokers } = await world.admin.describeCluster()
      const resource = { type: ConfigResourceType.brokerLogger, name: String(brokers[0].id) }
      const loggers = await settingsOf(world, resource)
      ok(loggers.size > 0)
      const [name] = [...loggers.keys()].filter((each) => each !== 'root')
      unwrap(await change(world, resource, [{ kind: 'set', name, value: 'ERROR' }]))
      equal((await settingsOf(world, resource)).get(name).value, 'ERROR')
      unwrap(await change(world, resource, [{ kind: 'delete', name }]))
    },
  },
  {
    name: 'settings of groups and of metrics subscriptions, and the list of what has settings',
    needs: { ...alterConfigs, ListConfigResources: 1, 'group.version': 1 },
    async run(world) {
      const group = { type: ConfigResourceType.group, name: world.name('g') }
      unwrap(await change(world, group, [{ kind: 'set', name: 'consumer.session.timeout.ms', value: '46000' }]))
      const metrics = { type: ConfigResourceType.clientMetrics, name: world.name('m') }
      unwrap(await change(world, metrics, [{ kind: 'set', name: 'interval.ms', value: '60000' }]))
      await world.until('both are told', async () => {
        const ofGroup = (await settingsOf(world, group)).get('consumer.session.timeout.ms')
        const ofMetrics = (await settingsOf(world, metrics)).get('interval.ms')
        return ofGroup?.value === '46000' && ofMetrics?.value === '60000'
      })
      const listed = (await world.admin.listConfigResources()).map(resourceKey)
      for (const resource of [group, metrics]) ok(listed.includes(resourceKey(resource)), resourceKey(resource))
      const onlyMetrics = await world.admin.listConfigResources([ConfigResourceType.clientMetrics])
      ok(onlyMetrics.every(({ type }) => type === ConfigResourceType.clientMetrics))
      unwrap(await change(world, metrics, [{ kind: 'delete', name: 'interval.ms' }]))
    },
  },
  {
    name: 'records are deleted up to an offset, and all of them',
    needs: { ...topics, DeleteRecords: 0, ListOffsets: 1 },
    async run(world) {
      const topic = await world.topic({ partitions: 2 })
      for (const partition of [0, 1]) await world.fill(topic, texts(10), { partition })
      const deleted = await world.admin.deleteRecords([
        { topic, partition: 0, beforeOffset: 4 },
        { topic, partition: 1, beforeOffset: -1 },
        { topic, partition: 7, beforeOffset: 1 },
      ])
      equal(unwrap(deleted.get(partitionKey(topic, 0))), 4)
      equal(unwrap(deleted.get(partitionKey(topic, 1))), 10)
      equal(codeOf(deleted.get(partitionKey(topic, 7))), 'UNKNOWN_TOPIC_OR_PARTITION')
      const beyond = await world.admin.deleteRecords([{ topic, partition: 0, beforeOffset: 99 }])
      equal(codeOf(beyond.get(partitionKey(topic, 0))), 'OFFSET_OUT_OF_RANGE')
      const query = { topic, partition: 0, timestamp: OffsetMark.earliest }
      equal(unwrap([...(await world.admin.listOffsets([query])).values()][0]).offset, 4)
      deepEqual(valuesOf(await world.read(topic, 6)), texts(10).slice(4))
    },
  },
  {
    name: 'log dirs tell where partitions lie and how large they are',
    needs: { ...topics, DescribeLogDirs: 1 },
    async run(world) {
      const topic = await world.topic()
      await world.fill(topic, ['x'.repeat(5000)])
      const described = await world.admin.logDirs.describe({ partitions: [{ topic, partition: 0 }] })
      equal(described.size, 1)
      const replicas = [...described.values()].flat().flatMap((dir) => dir.replicas)
      deepEqual(
        replicas.map(({ topic: name, partition, isFuture }) => [name, partition, isFuture]),
        [[topic, 0, false]],
      )
      ok(replicas[0].sizeBytes > 5000)
      const [[broker, dirs]] = [...(await world.admin.logDirs.describe())]
      ok(dirs[0].error === null && dirs[0].replicas.length > 0)
      const moved = await world.admin.logDirs.alter([{ topic, partition: 0, broker, path: dirs[0].path }])
      for (const outcome of moved.values()) unwrap(outcome)
      const nowhere = await world.admin.logDirs.alter([{ topic, partition: 0, broker, path: '/nowhere' }])
      equal(codeOf([...nowhere.values()][0]), 'LOG_DIR_NOT_FOUND')
    },
  },
  {
    name: 'the cluster is described, whatever the broker’s age, and brokers say what they speak',
    needs: { Metadata: 2 },
    async run(world) {
      const { clusterId, brokers } = await world.admin.describeCluster()
      ok(clusterId.length > 0)
      equal(`${brokers[0].host}:${brokers[0].port}`, world.bootstrap)
      const { apis } = await world.admin.brokerVersions(brokers[0])
      ok(apis.get(18).max >= 0)
    },
  },
  {
    name: 'features and the quorum are described',
    needs: { DescribeQuorum: 0, UpdateFeatures: 1, 'metadata.version': 1 },
    async run(world) {
      const { features } = await world.admin.features.describe()
      const { finalized, supported } = features.get('metadata.version')
      ok(finalized > 0 && finalized <= supported.max)
      const { leaderId, voters, highWatermark } = await world.admin.quorum.describe()
      ok(voters.some(({ id }) => id === leaderId))
      ok(highWatermark > 0)
      await rejects(world.admin.features.update([{ feature: 'no.such.feature', level: 1 }]), {
        retriable: false,
      })
      const level = { feature: 'metadata.version', level: finalized }
      await world.admin.features.update([level], { validateOnly: true }).catch((error) => ok(error.code))
    },
  },
  {
    name: 'quotas are set, found and taken away',
    needs: { DescribeClientQuotas: 0, AlterClientQuotas: 0 },
    async run(world) {
      const entity = { clientId: world.name('client') }
      const { quotas } = world.admin
      const alter = async (values) => {
        for (const outcome of (await quotas.alter([{ entity, values }])).values()) unwrap(outcome)
      }
      await alter({ producer_byte_rate: 1_000_000, consumer_byte_rate: 2_000_000 })
      await world.until('it is found', async () => {
        const found = (await quotas.describe({ clientId: { kind: 'any' } })).find(
          (entry) => quotaEntityKey(entry.entity) === quotaEntityKey(entity),
        )
        return found?.values.get('producer_byte_rate') === 1_000_000
      })
      await alter({ producer_byte_rate: null, consumer_byte_rate: null })
      await world.until('it is gone', async () => (await quotas.describe({ clientId: entity.clientId })).length === 0)
    },
  },
  {
    name: 'SCRAM credentials are set, described and taken away',
    needs: { DescribeUserScramCredentials: 0, AlterUserScramCredentials: 0 },
    async run(world) {
      const user = world.name('user')
      const { scramCredentials } = world.admin
      const mechanism = 'SCRAM-SHA-256'
      const set = [{ kind: 'upsert', user, mechanism, password: 'secret', iterations: 4096 }]
      unwrap((await scramCredentials.alter(set)).get(user))
      await world.until('it is described', async () => {
        const found = (await scramCredentials.describe([user])).get(user)
        return found.kind === 'done' && found.value[0].iterations === 4096 && found.value[0].mechanism === mechanism
      })
      unwrap((await scramCredentials.alter([{ kind: 'delete', user, mechanism }])).get(user))
      await world.until('it is gone', async () => {
        return codeOf((await scramCredentials.describe([user])).get(user)) === 'RESOURCE_NOT_FOUND'
      })
    },
  },
  {
    name: 'without an authorizer, and without delegation tokens, both are said to be off',
    needs: { DescribeAcls: 1, DescribeDelegationToken: 1 },
    async run(world) {
      await rejects(world.admin.acls.describe(), { code: 'SECURITY_DISABLED' })
      await rejects(world.admin.delegationTokens.describe(), (error) => error.retriable === false)
    },
  },
  {
    name: 'leaders are elected, where that changes anything',
    needs: { ...topics, ElectLeaders: 1 },
    async run(world) {
      const topic = await world.topic()
      const elected = await world.admin.replicas.electLeaders('preferred', [{ topic, partition: 0 }])
      equal(codeOf(elected.get(partitionKey(topic, 0))), 'ELECTION_NOT_NEEDED')
      const missing = world.name('missing')
      const unclean = await world.admin.replicas.electLeaders('unclean', [{ topic: missing, partition: 0 }])
      equal(codeOf(unclean.get(partitionKey(missing, 0))), 'UNKNOWN_TOPIC_OR_PARTITION')
    },
  },
  {
    name: 'replicas are reassigned',
    needs: { ...topics, AlterPartitionReassignments: 0, ListPartitionReassignments: 0 },
    async run(world) {
      const topic = await world.topic()
      const { brokers } = await world.admin.describeCluster()
      const reassign = async (replicas) => {
        return (await world.admin.replicas.reassign([{ topic, partition: 0, replicas }])).get(partitionKey(topic, 0))
      }
      unwrap(await reassign([brokers[0].id]))
      await world.until('nothing is under way', async () => {
        return (await world.admin.replicas.listReassignments()).every((each) => each.topic !== topic)
      })
      equal(codeOf(await reassign(null)), 'NO_REASSIGNMENT_IN_PROGRESS')
      equal(codeOf(await reassign([99])), 'INVALID_REPLICA_ASSIGNMENT')
    },
  },
]
