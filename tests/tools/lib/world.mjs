/** The broker that both sides talk to: what cases find there before they begin, and how it is emptied between the sides. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigResourceType, Kafka, unwrap } from '@ottla/client'
import { BatchBuilder } from '@ottla/protocol'
import { Wire } from '../../clients/tools/wire.mjs'
import { join as joinGroup } from './members.mjs'
import { until } from './until.mjs'

const TIMESTAMP_MS = 1_700_000_000_000
/** What was set, as opposed to defaults and the settings file. */
const DYNAMIC = /^DYNAMIC_(?:BROKER|DEFAULT_BROKER|GROUP|CLIENT_METRICS)_CONFIG$/
/** Apache Kafka sets it by itself, and does not let it go. */
const KEPT = 'min.insync.replicas'
const INTERNAL = ['__consumer_offsets', '__transaction_state', '__share_group_state']

export class World {
  bootstrap
  /** Where the broker keeps its partitions. */
  dataFolder
  /** Of the side that is at work; emptied between sides. */
  folder
  /** kafka or ottla */
  side
  /** What the first side's preparation left is still there. */
  isSecondSide = false
  #kafka
  #members = []
  #root = mkdtempSync(join(tmpdir(), 'ottla-tools-'))

  constructor({ bootstrap, dataFolder }) {
    this.bootstrap = bootstrap
    this.dataFolder = dataFolder
    this.#kafka = new Kafka({ bootstrapServers: bootstrap })
  }

  get kafka() {
    return this.#kafka
  }

  /** The internal topics are there from the start, for both sides alike. */
  async prepare() {
    await this.topic('warm', 1)
    await this.produce('warm', ['one'])
    await this.commit('warm', [{ topic: 'warm', partition: 0, offset: 1 }])
    const wire = await Wire.open(this.bootstrap)
    for (const [keyType, key] of [
      [1, 'warm'],
      [2, 'warm:AAAAAAAAAAAAAAAAAAAAAQ:0'],
    ]) {
      await until(async () => {
        const { coordinators } = await wire.ask('FindCoordinator', 6, { keyType, coordinatorKeys: [key] })
        return coordinators[0].errorCode === 0
      })
    }
    wire.close()
  }

  async topic(name, partitionCount = 1, configs = {}) {
    const created = await this.#kafka.admin().createTopics([{ name, partitionCount, replicationFactor: 1, configs }])
    unwrap(created.get(name))
  }

  /** Texts, or {key, value, headers, partition, timestamp}; timestamps are fixed, a second apart. */
  async produce(topic, records) {
    const producer = this.#kafka.producer()
    for (const [at, record] of records.entries()) {
      const fields = typeof record === 'string' ? { value: record } : record
      const [key, value] = [fields.key, fields.value].map((text) => (text == null ? null : Buffer.from(text)))
      const timestamp = TIMESTAMP_MS + at * 1000
      await producer.send({ partition: 0, timestamp, ...fields, topic, key, value })
    }
    await producer.close()
  }

  async commit(group, offsets) {
    const outcomes = await this.#kafka.admin().alterGroupOffsets(group, offsets)
    for (const outcome of outcomes.values()) unwrap(outcome)
  }

  /** A member until the side is done. `kind`: classic, consumer, share, streams. */
  async member(group, topics, { kind = 'classic' } = {}) {
    if (kind !== 'classic') {
      this.#members.push(await joinGroup(this.bootstrap, { kind, group, memberId: `${group}-member`, topics }))
      return
    }
    const consumer = this.#kafka.consumer({ groupId: group, groupProtocol: 'classic', autoCommit: false })
    consumer.subscribe(topics)
    const polling = (async () => {
      for (;;) await consumer.poll({ timeoutMs: 1000 })
    })().catch(() => {})
    this.#members.push(async () => {
      await consumer.close()
      await polling
    })
    await until(() => consumer.assignment.length > 0)
  }

  /** A share group that reads from the beginning. */
  async shareFromStart(group) {
    const resource = { type: ConfigResourceType.group, name: group }
    const changes = [{ kind: 'set', name: 'share.auto.offset.reset', value: 'earliest' }]
    const [outcome] = (await this.#kafka.admin().incrementalAlterConfigs([{ resource, changes }])).values()
    unwrap(outcome)
  }

  async shareOffsets(group, offsets) {
    const outcomes = await this.#kafka.admin().shareGroups.alterOffsets(group, offsets)
    for (const outcome of outcomes.values()) unwrap(outcome)
  }

  /** A transaction that stays open, with a record in partition 0. */
  async transaction(transactionalId, topic) {
    const wire = await Wire.open(this.bootstrap)
    await wire.ask('FindCoordinator', 4, { keyType: 1, coordinatorKeys: [transactionalId] })
    let producer
    await until(async () => {
      producer = await wire.ask('InitProducerId', 5, { transactionalId, transactionTimeoutMs: 60_000 })
      return producer.errorCode === 0
    })
    const { producerId, producerEpoch } = producer
    const builder = new BatchBuilder({
      producerId,
      producerEpoch,
      baseSequence: 0,
      transactional: true,
      timestamp: TIMESTAMP_MS,
    })
    builder.append({ value: Buffer.from('held') })
    const topicData = [{ name: topic, partitionData: [{ index: 0, records: builder.build() }] }]
    await until(async () => {
      const answer = await wire.ask('Produce', 12, { transactionalId, acks: -1, timeoutMs: 10_000, topicData })
      return answer.responses[0].partitionResponses[0].errorCode === 0
    })
    wire.close()
  }

  file(name, text) {
    const path = join(this.folder, name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, typeof text === 'string' || Buffer.isBuffer(text) ? text : JSON.stringify(text))
    return path
  }

  newFolder(name) {
    this.folder = join(this.#root, name)
    rmSync(this.folder, { recursive: true, force: true })
    mkdirSync(this.folder, { recursive: true })
  }

  /** Ends what `member` began. */
  async leave() {
    for (const close of this.#members.splice(0)) await close()
  }

  /** Nothing is left but the internal topics. */
  async empty() {
    await this.leave()
    const admin = this.#kafka.admin()
    await until(async () => {
      const groups = (await admin.listGroups()).map(({ groupId, group }) => groupId ?? group)
      await admin.deleteGroups(groups)
      return groups.length === 0
    })
    await until(async () => {
      const names = (await admin.listTopics()).map(({ name }) => name).filter((name) => !INTERNAL.includes(name))
      await admin.deleteTopics({ names })
      return names.length === 0
    })
    await this.#forgetConfigs(admin)
    await this.#forgetQuotas(admin)
  }

  async close() {
    await this.leave()
    await this.#kafka.close()
    rmSync(this.#root, { recursive: true, force: true })
  }

  async #forgetConfigs(admin) {
    const { broker, group, clientMetrics } = ConfigResourceType
    const found = await admin.listConfigResources([group, clientMetrics])
    const brokers = ['', '1'].map((name) => ({ type: broker, name }))
    for (const resource of [...found, ...brokers]) {
      const [entries] = (await admin.describeConfigs([resource])).values()
      const own = unwrap(entries).filter(({ name, source }) => DYNAMIC.test(source) && name !== KEPT)
      if (own.length === 0) continue
      const changes = own.map(({ name }) => ({ kind: 'delete', name }))
      const [outcome] = (await admin.incrementalAlterConfigs([{ resource, changes }])).values()
      unwrap(outcome)
    }
  }

  async #forgetQuotas(admin) {
    const entries = await admin.quotas.describe()
    const changes = entries.map(({ entity, values }) => ({
      entity,
      values: Object.fromEntries([...values.keys()].map((key) => [key, null])),
    }))
    if (changes.length > 0) await admin.quotas.alter(changes)
  }
}
