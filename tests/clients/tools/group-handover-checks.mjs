/**
 * Consumer groups with members outlive a change of software: a folder goes from Apache Kafka to this broker, and the other way, and all
 * members go on in their epochs with what they have, as nothing but the log could tell. group-handover-checks.mjs
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConsumerProtocolSubscription, encodeVersioned } from '@ottla/protocol'
import { startApacheKafka } from '../../../scripts/lib/apache-kafka.mjs'
import { startBroker } from '../../../scripts/lib/test-broker.mjs'
import { expect, reporter } from './report.mjs'
import { Wire } from './wire.mjs'

const { run } = reporter('Apache Kafka groups', '4.3.1')
const GROUPS = ['plain', 'pattern', 'static', 'mixed']
const SETTINGS = {
  'offsets.topic.num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
  'group.consumer.assignment.interval.ms': '0',
}
const COORDINATOR_ERRORS = new Set([14, 15, 16])
const JOIN_CLASSIC = {
  groupId: 'mixed',
  sessionTimeoutMs: 40_000,
  rebalanceTimeoutMs: 40_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: encodeVersioned(ConsumerProtocolSubscription, 1, { topics: ['t'] }) }],
}

const kafka = async (folder) => {
  const broker = await startApacheKafka({ folder, heap: '384m', settings: SETTINGS })
  await broker.started
  return broker
}
const ottla = (folder) => startBroker({ folder, settings: { 'node.id': '1', ...SETTINGS } })

/** The members of all groups, whatever broker they speak to. */
class Members {
  #wire
  #epochs = new Map()
  #owned = new Map()
  #classicId = ''
  #generation = 0

  connect(wire) {
    this.#wire = wire
  }

  async beat(groupId, memberId, more = {}) {
    const epoch = this.#epochs.get(memberId) ?? 0
    const join = epoch === 0 ? { rebalanceTimeoutMs: 300_000, topicPartitions: [] } : {}
    const owned = epoch === 0 ? {} : { topicPartitions: this.#owned.get(memberId) ?? null }
    const request = { groupId, memberId, memberEpoch: epoch, ...join, ...owned, ...more }
    for (;;) {
      const answer = await this.#wire.ask('ConsumerGroupHeartbeat', 1, request)
      if (COORDINATOR_ERRORS.has(answer.errorCode)) {
        await this.#wire.ask('FindCoordinator', 4, { keyType: 0, coordinatorKeys: [groupId] })
        await pause(100)
        continue
      }
      expect(answer.errorCode === 0, `${memberId}: ${answer.errorCode} ${answer.errorMessage}`)
      this.#epochs.set(memberId, answer.memberEpoch)
      if (answer.assignment !== null) this.#owned.set(memberId, answer.assignment.topicPartitions)
      return answer
    }
  }

  async form() {
    const topics = ['t', 'orders'].map((name) => ({ name, numPartitions: 4, replicationFactor: 1 }))
    await this.#wire.ask('CreateTopics', 7, { topics, timeoutMs: 20_000 })
    for (let round = 0; round < 4; round++) {
      const more = round === 0 ? { subscribedTopicNames: ['t'] } : {}
      await this.beat('plain', 'p1', more)
      await this.beat('plain', 'p2', round === 0 ? { ...more, rackId: 'r' } : {})
    }
    await this.beat('pattern', 'r1', { subscribedTopicRegex: 'ord.*', subscribedTopicNames: [] })
    while ((this.#owned.get('r1') ?? []).length === 0) {
      await pause(100)
      await this.beat('pattern', 'r1')
    }
    await this.beat('pattern', 'r1')
    await this.beat('static', 's1', { subscribedTopicNames: ['t'], instanceId: 'i' })
    await this.beat('static', 's1', { instanceId: 'i', memberEpoch: -2 })
    await this.beat('mixed', 'm1', { subscribedTopicNames: ['t'] })
    const { memberId } = await this.#wire.ask('JoinGroup', 9, JOIN_CLASSIC)
    this.#classicId = memberId
    for (let round = 0; round < 3; round++) {
      this.#generation = (await this.#wire.ask('JoinGroup', 9, { ...JOIN_CLASSIC, memberId })).generationId
      await this.beat('mixed', 'm1')
    }
  }

  /** Everybody goes on where it was. */
  async goOn() {
    const members = ['p1', 'p2', 'r1', 'm1'].map((memberId) => [memberId, this.#epochs.get(memberId)])
    const groupOf = { p: 'plain', r: 'pattern', m: 'mixed' }
    for (const [memberId, epoch] of members) {
      const { memberEpoch } = await this.beat(groupOf[memberId[0]], memberId)
      expect(memberEpoch === epoch, `${memberId} went from epoch ${epoch} to ${memberEpoch}`)
    }
    const heartbeat = { groupId: 'mixed', generationId: this.#generation, memberId: this.#classicId }
    const { errorCode } = await this.#wire.ask('Heartbeat', 4, heartbeat)
    expect(errorCode === 0, `the classic member's heartbeat: ${errorCode}`)
    const back = await this.beat('static', 's2', { subscribedTopicNames: ['t'], instanceId: 'i' })
    expect(back.assignment.topicPartitions[0].partitions.length === 4, 'the static member has what it had')
  }

  async described() {
    const { groups } = await this.#wire.ask('ConsumerGroupDescribe', 1, { groupIds: GROUPS })
    for (const { members } of groups) {
      members.sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
      for (const { assignment, targetAssignment } of members)
        for (const { topicPartitions } of [assignment, targetAssignment])
          for (const { partitions } of topicPartitions) partitions.sort()
    }
    return groups.map((group) => JSON.stringify(group))
  }
}

async function withBroker(start, folder, body) {
  const broker = await start(folder)
  const wire = await Wire.open(broker.bootstrap)
  try {
    return await body(wire)
  } finally {
    wire.close()
    await broker.stop()
  }
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function handOver(from, to) {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-groups-'))
  const members = new Members()
  try {
    // The folder is formatted by Apache Kafka, whose release decides which metadata both understand.
    await withBroker(kafka, folder, () => {})
    const before = await withBroker(from, folder, async (wire) => {
      members.connect(wire)
      await members.form()
      return members.described()
    })
    await withBroker(to, folder, async (wire) => {
      members.connect(wire)
      await members.beat('plain', 'p1')
      const after = await members.described()
      for (const [index, group] of before.entries()) expect(group === after[index], `${group} became ${after[index]}`)
      await members.goOn()
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

await run('members of Apache Kafka go on here', () => handOver(kafka, ottla))
await run('members go on with Apache Kafka', () => handOver(ottla, kafka))
