/** Members of the consumer protocol, failing writes, restarts, moves: what must hold after every step, and that groups settle. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import fc from 'fast-check'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import { decodeGroupRecord } from './group-record-codec.ts'
import { GroupShard } from './group-shard.ts'
import { GroupFixture } from './testing/group-fixture.ts'
import { ModelConsumer } from './testing/model-consumer.ts'

const GROUPS = ['g', 'h']
const SESSION_TIMEOUT_MS = 45_000
/** The runtime tries again after half of this. */
const RETRY_MS = 1_000

type Op =
  | { op: 'step' | 'leave' | 'forget' | 'change'; who: number }
  | { op: 'advance'; ms: number }
  | { op: 'grow'; topic: string }
  | { op: 'hold' | 'commitLog' | 'fail' | 'refuse' | 'accept' | 'restart' | 'move' }

const of = <T extends string>(...values: T[]) => fc.constantFrom(...values)
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ op: of('step'), who: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ op: of('leave', 'forget', 'change'), who: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ op: of('advance'), ms: fc.constantFrom(500, 5_000, 20_000) }) },
  { weight: 1, arbitrary: fc.record({ op: of('grow'), topic: of('t', 'u') }) },
  {
    weight: 3,
    arbitrary: fc.record({ op: of('hold', 'commitLog', 'commitLog', 'fail', 'refuse', 'accept', 'restart', 'move') }),
  },
)

class World {
  readonly fixture = new GroupFixture()
  readonly consumers: ModelConsumer[]
  readonly counts = new Map([
    ['t', 4],
    ['u', 4],
  ])
  broken: unknown
  retriedAtMs = 0

  constructor() {
    // One group has its assignments made at once, the other as the settings have it.
    this.fixture.groupConfigs.set('g', { 'consumer.assignment.interval.ms': 0 })
    this.consumers = Array.from({ length: 6 }, (_, at) => {
      const instanceId = at % 3 === 2 ? `i${at}` : null
      const who = { group: GROUPS[at % 2] as string, name: `c${at}`, instanceId }
      return new ModelConsumer(
        who,
        () => this.fixture,
        (error) => {
          this.broken ??= error
        },
      )
    })
  }

  async run(op: Op): Promise<void> {
    const { fixture } = this
    switch (op.op) {
      case 'step':
      case 'leave':
      case 'forget':
      case 'change':
        this.consumers[op.who]?.[op.op]()
        break
      case 'advance':
        fixture.time.advance(op.ms)
        break
      case 'grow':
        this.counts.set(op.topic, (this.counts.get(op.topic) ?? 0) + 1)
        fixture.topics.set(op.topic, { partitionCount: this.counts.get(op.topic) as number })
        break
      case 'hold':
        fixture.commitsAtOnce = false
        break
      case 'commitLog':
        fixture.commitsAtOnce = true
        fixture.commit()
        break
      case 'fail':
        fixture.commitsAtOnce = true
        fixture.fail()
        this.retriedAtMs = fixture.time.monotonic() + RETRY_MS
        break
      case 'refuse':
        fixture.log.refusal = ErrorCode.KAFKA_STORAGE_ERROR
        break
      case 'accept':
        fixture.log.refusal = ErrorCode.NONE
        this.retriedAtMs = fixture.time.monotonic() + RETRY_MS
        break
      case 'restart':
      case 'move':
        fixture.commitsAtOnce = true
        if (op.op === 'move') fixture.unload()
        await (op.op === 'move' ? fixture.load() : fixture.restart())
        for (const consumer of this.consumers) consumer.lastSeenMs = fixture.time.monotonic()
        break
    }
    await fixture.turns()
  }

  check(): void {
    if (this.broken !== undefined) throw this.broken
    for (const groupId of GROUPS) {
      const group = this.fixture.partition.shard.consumerGroup(groupId)
      if (group === undefined) continue
      this.#checkOwners(group)
      this.#checkPartitions(group)
      this.#checkSessions(group)
    }
    this.#checkReplay()
  }

  /** Who has a partition is what the members have, each partition once. */
  #checkOwners(group: ConsumerGroup): void {
    const owners = new Map<string, string>()
    for (const { memberId, memberEpoch, assigned, pendingRevocation } of group.members.values()) {
      for (const owned of [assigned, pendingRevocation]) {
        for (const [topicId, partitions] of owned) {
          for (const partition of partitions.keys()) {
            const key = `${topicId}/${partition}`
            equal(owners.get(key), undefined, `${key} is ${memberId}'s and ${owners.get(key)}'s`)
            owners.set(key, memberId)
            equal(group.ownerEpoch(topicId, partition), memberEpoch, `the epoch of ${key}`)
          }
        }
      }
    }
  }

  /** No two members believe to own the same partition. */
  #checkPartitions(group: ConsumerGroup): void {
    const owners = new Map<string, string>()
    for (const { memberId, owned, group: groupId } of this.consumers) {
      if (groupId !== group.groupId || !group.members.has(memberId)) continue
      for (const partition of owned) {
        equal(
          owners.get(partition),
          undefined,
          `${partition} of ${groupId} is read by ${memberId} and ${owners.get(partition)}`,
        )
        owners.set(partition, memberId)
      }
    }
  }

  #checkSessions(group: ConsumerGroup): void {
    const nowMs = this.fixture.time.monotonic()
    if (this.fixture.log.refusal !== ErrorCode.NONE || nowMs < this.retriedAtMs) return
    for (const { memberId, lastSeenMs, isBusy } of this.consumers) {
      if (isBusy || !group.members.has(memberId)) continue
      ok(nowMs - lastSeenMs <= SESSION_TIMEOUT_MS, `${memberId} is silent for ${nowMs - lastSeenMs} ms`)
    }
  }

  /** The log up to its commit, read by another shard, gives the committed state. */
  #checkReplay(): void {
    const { fixture } = this
    if (fixture.committedOffset !== fixture.log.endOffset) return
    const fresh = new GroupShard(fixture.ports)
    for (const { records } of fixture.log.batches()) {
      for (const stored of records) {
        const record = decodeGroupRecord(stored)
        ok(record.kind !== 'skipped')
        fresh.replay(record, stored.offset)
      }
    }
    for (const groupId of GROUPS) {
      const live = fixture.partition.shard.consumerGroup(groupId)
      deepEqual(live === undefined ? undefined : stateOf(live), stateOfMaybe(fresh.consumerGroup(groupId)))
    }
  }

  /** When nothing fails any more, everybody has a share, and all partitions are given out. */
  async converge(): Promise<void> {
    await this.run({ op: 'accept' })
    await this.run({ op: 'commitLog' })
    for (let round = 0; round < 25; round++) {
      for (const consumer of this.consumers) {
        consumer.step()
        await this.fixture.turns()
      }
      this.check()
      this.fixture.time.advance(5_000)
      await this.fixture.turns()
    }
    for (const groupId of GROUPS) {
      const group = this.fixture.partition.shard.consumerGroup(groupId)
      ok(group !== undefined)
      equal(group.stateAt(this.fixture.committedOffset), 'Stable')
      const members = this.consumers.filter((consumer) => consumer.group === groupId)
      equal(group.members.size, members.length, 'those who are gone are out')
      const owned = members.flatMap((member) => [...member.owned])
      const topics = new Set(members.flatMap((member) => member.topics))
      const all = [...topics].flatMap((name) =>
        Array.from({ length: this.counts.get(name) ?? 0 }, (_, partition) => `${name}-${partition}`),
      )
      deepEqual(owned.sort(), all.sort())
    }
    equal(this.fixture.partition.waitingCount, 0)
  }
}

function stateOfMaybe(group: ConsumerGroup | undefined): unknown {
  return group === undefined ? undefined : stateOf(group)
}

function stateOf(group: ConsumerGroup): unknown {
  const byId = (a: readonly [string, unknown], b: readonly [string, unknown]) => (a[0] < b[0] ? -1 : 1)
  return {
    state: group.state,
    members: [...group.members].sort(byId),
    targets: [...group.targets].sort(byId),
    topics: [...group.topicNames].sort(),
  }
}

test('whatever members, topics and failures do, no partition has two owners, and groups settle', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 20, maxLength: 120 }), async (ops) => {
      const world = new World()
      await world.fixture.load()
      for (const each of ops) {
        await world.run(each)
        world.check()
      }
      await world.converge()
    }),
    { numRuns: 40, includeErrorInReport: true },
  )
})
