/**
 * Random commands against the coordinator, and what must hold whatever happens: G1–G5 of the reliability catalogue, and that
 * the log says all that is durable.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import fc from 'fast-check'
import { decodeGroupRecord } from './group-record-codec.ts'
import { GroupShard } from './group-shard.ts'
import { durableState, isSettled } from './testing/durable-state.ts'
import { GroupFixture } from './testing/group-fixture.ts'
import { type Event, ModelClient, PARTITIONS, SESSION_TIMEOUT_MS } from './testing/model-client.ts'

type Op =
  | { op: 'step' | 'leave' | 'forget' | 'change'; who: number }
  | { op: 'commit'; who: number; partition: number; isStale: boolean }
  | { op: 'advance'; ms: number }
  | { op: 'hold' | 'commitLog' | 'fail' | 'refuse' | 'accept' | 'restart' }

const who = fc.nat(5)
const of = <T extends string>(...ops: T[]) => fc.constantFrom(...ops)
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ op: of('step'), who }) },
  { weight: 8, arbitrary: fc.record({ op: of('advance'), ms: fc.constantFrom(100, 1000, 3000, 6000) }) },
  { weight: 8, arbitrary: fc.record({ op: of('commit'), who, partition: fc.nat(3), isStale: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ op: of('leave', 'forget', 'forget', 'change'), who }) },
  { weight: 2, arbitrary: fc.record({ op: of('restart') }) },
  {
    weight: 3,
    arbitrary: fc.record({ op: of('hold', 'commitLog', 'commitLog', 'fail', 'refuse', 'accept', 'restart') }),
  },
)

/** The runtime tries again after half of this. */
const RETRY_MS = 1_000

interface Attempt {
  readonly key: string
  readonly offset: number
  outcome: 'unknown' | 'ok' | 'failed'
}

class World {
  readonly fixture = new GroupFixture()
  readonly clients: ModelClient[]
  readonly attempts: Attempt[] = []
  /** Highest generation whose assignment somebody was given, per group. */
  readonly synced = new Map<string, number>()
  readonly owners = new Map<string, string>()
  readonly leaders = new Map<string, string>()
  readonly joinedGenerations = new Map<string, number>()
  lastOffset = 0
  /** Until then the coordinator waits with what the log did not take. */
  retriedAtMs = 0
  broken: unknown
  readonly counts = { joined: 0, synced: 0, lost: 0 }

  constructor() {
    const tell = (event: Event) => this.#noting(() => this.#hear(event))
    this.clients = [0, 1, 2, 3, 4, 5].map((index) => {
      const instanceId = index % 3 === 2 ? `i${index}` : null
      return new ModelClient({ group: index < 4 ? 'g' : 'h', name: `c${index}`, instanceId }, () => this.fixture, tell)
    })
  }

  /** What fails where a promise would swallow it fails at the next check. */
  #noting(check: () => void): void {
    try {
      check()
    } catch (error) {
      this.broken ??= error
    }
  }

  #hear(event: Event): void {
    this.counts[event.kind] += 1
    if (event.kind === 'joined') {
      const { group, generation, leader, memberId } = event
      ok(generation >= (this.joinedGenerations.get(group) ?? 0), 'G1: generations do not go back')
      this.joinedGenerations.set(group, generation)
      const key = `${group}/${generation}`
      const known = this.leaders.get(key)
      const isStatic = leader.startsWith('i') || known?.startsWith('i') === true
      if (known !== undefined && !isStatic) equal(leader, known, 'one leader in a generation')
      this.leaders.set(key, leader)
      ok(memberId !== '', 'a member has an id')
    } else if (event.kind === 'synced') {
      const { group, generation, memberId, partitions } = event
      ok(
        generation >= (this.synced.get(group) ?? 0),
        'G1: assignments of a generation do not come after those of a later one',
      )
      this.synced.set(group, generation)
      for (const partition of partitions) {
        const key = `${group}/${generation}/${partition}`
        const owner = this.owners.get(key)
        // A static member that came back owns what its former self did.
        const self = memberId.replace(/-\d+$/, '')
        if (owner !== undefined) equal(self, owner, `G2: ${key} has one owner`)
        this.owners.set(key, self)
      }
    }
  }

  async run(op: Op): Promise<void> {
    const { fixture } = this
    switch (op.op) {
      case 'step':
        this.#client(op.who).step()
        break
      case 'leave':
        this.#client(op.who).leave()
        break
      case 'forget':
        this.#client(op.who).forget()
        break
      case 'change': {
        const client = this.#client(op.who)
        client.topics = client.topics.length === 1 ? ['t', 'u'] : ['t']
        if (!client.isBusy) client.phase = 'out'
        break
      }
      case 'commit':
        this.#commit(op)
        break
      case 'advance':
        fixture.time.advance(op.ms)
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
        fixture.commitsAtOnce = true
        await fixture.restart()
        for (const client of this.clients) client.lastSeenMs = fixture.time.monotonic()
        // A generation that was not written may come again: nobody was given an assignment in it.
        for (const [group, generation] of this.synced) this.joinedGenerations.set(group, generation)
        for (const group of ['g', 'h']) if (!this.synced.has(group)) this.joinedGenerations.delete(group)
        this.leaders.clear()
        break
    }
    await fixture.turns()
  }

  #client(index: number): ModelClient {
    return this.clients[index] as ModelClient
  }

  #commit({ who, partition, isStale }: Extract<Op, { op: 'commit' }>): void {
    const client = this.#client(who)
    if (client.memberId === '' || client.generation < 0) return
    const generation = client.generation - Number(isStale)
    const attempt: Attempt = { key: `${client.group}/${partition}`, offset: ++this.lastOffset, outcome: 'unknown' }
    this.attempts.push(attempt)
    const syncedBefore = this.synced.get(client.group) ?? 0
    client.lastSeenMs = this.fixture.time.monotonic()
    void client.commit(partition, attempt.offset, generation).then((errorCode) => {
      if (errorCode === ErrorCode.NONE) {
        attempt.outcome = 'ok'
        this.#noting(() => ok(generation >= syncedBefore, 'G3: nobody commits in a generation that is over'))
      } else if (errorCode !== ErrorCode.COORDINATOR_NOT_AVAILABLE && errorCode !== ErrorCode.NOT_COORDINATOR) {
        attempt.outcome = 'failed'
      }
    })
  }

  /** G3, G4: what is read is the last commit that was answered, or a later one whose answer did not come. */
  checkOffsets(): void {
    for (const group of ['g', 'h']) {
      for (const partition of PARTITIONS) {
        const attempts = this.attempts.filter(({ key }) => key === `${group}/${partition}`)
        const lastOk = attempts.findLastIndex(({ outcome }) => outcome === 'ok')
        const possible = attempts
          .slice(Math.max(lastOk, 0))
          .filter(({ outcome }) => outcome !== 'failed')
          .map(({ offset }) => offset)
        if (lastOk === -1) possible.push(-1)
        const read = this.fixture.partition.query(
          (shard, at) => shard.offsets.getAt({ groupId: group, topic: 't', partition }, at)?.offset ?? -1,
        )
        ok(possible.includes(read), `${group}/${partition} is ${read}, possible are ${possible}`)
      }
    }
  }

  /** G5: nobody is a member for longer than its session without a sign of life, unless it waits for the group. */
  checkSessions(): void {
    const { fixture } = this
    const nowMs = fixture.time.monotonic()
    // The end of a session that the log took back, or did not take, is tried again when the log has had a moment.
    if (fixture.log.refusal !== ErrorCode.NONE || nowMs < this.retriedAtMs) return
    for (const client of this.clients) {
      if (client.isBusy) continue
      const group = fixture.partition.shard.classicGroup(client.group)
      const member = client.memberId === '' ? undefined : group?.members.get(client.memberId)
      if (member === undefined || member.awaitingJoin !== null || member.awaitingSync !== null) continue
      const silentMs = nowMs - client.lastSeenMs
      ok(silentMs <= SESSION_TIMEOUT_MS, `G5: ${client.memberId} is silent for ${silentMs} ms`)
    }
  }

  /** The log up to its commit, read by another shard, gives the committed state. */
  checkReplay(): void {
    const { fixture } = this
    if (fixture.committedOffset !== fixture.log.endOffset) return
    const fresh = new GroupShard(fixture.ports)
    for (const { records } of fixture.log.batches()) {
      for (const stored of records) {
        const record = decodeGroupRecord(stored)
        ok(record !== null && record.kind !== 'skipped')
        fresh.replay(record, stored.offset)
      }
    }
    const { shard } = fixture.partition
    const live = durableState(shard)
    const loaded = durableState(fresh)
    deepEqual(live.offsets, loaded.offsets)
    for (const group of shard.groups.values())
      if (group.kind === 'classic' && isSettled(group))
        deepEqual(live.groups[group.groupId], loaded.groups[group.groupId])
    for (const groupId of Object.keys(loaded.groups)) ok(shard.groups.has(groupId), `${groupId} is there`)
  }

  check(): void {
    if (this.broken !== undefined) throw this.broken
    this.checkOffsets()
    this.checkSessions()
    this.checkReplay()
  }

  /** When nothing fails any more, everybody gets an assignment. */
  async converge(): Promise<void> {
    this.fixture.log.refusal = ErrorCode.NONE
    this.fixture.commitsAtOnce = true
    this.fixture.commit()
    for (let round = 0; round < 60; round++) {
      for (const client of this.clients) client.step()
      await this.fixture.turns()
      this.fixture.time.advance(2_000)
      await this.fixture.turns()
    }
    deepEqual(
      this.clients.map(({ phase }) => phase),
      this.clients.map(() => 'stable'),
      'G6: the groups are stable again',
    )
    for (const group of ['g', 'h']) {
      const members = this.clients.filter((client) => client.group === group)
      equal(new Set(members.map(({ generation }) => generation)).size, 1)
      deepEqual(members.flatMap(({ partitions }) => partitions).sort(), PARTITIONS)
    }
    this.check()
    equal(this.fixture.partition.waitingCount, 0)
  }
}

test('whatever clients, commits and failures do, groups keep their promises and settle', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 20, maxLength: 120 }), async (ops) => {
      const world = new World()
      await world.fixture.load()
      for (const op of ops) {
        await world.run(op)
        world.check()
      }
      await world.converge()
    }),
    { numRuns: 60, includeErrorInReport: true },
  )
})

test('a static member that comes back with another subscription leaves the group as its record says', async () => {
  // Found by the property above: the topics of a stable group were those of the member that went, the record's those of the one that came.
  const world = new World()
  await world.fixture.load()
  const who = world.clients.findIndex(({ instanceId }) => instanceId !== null)
  const joinAndSync: Op[] = [
    { op: 'step', who },
    { op: 'advance', ms: 6_000 },
    { op: 'step', who },
  ]
  for (const op of [...joinAndSync, { op: 'change', who } as const, { op: 'forget', who } as const, ...joinAndSync]) {
    await world.run(op)
    world.check()
  }
})

test('members that behave are never put out', async () => {
  const quiet: fc.Arbitrary<Op> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ op: of('forget', 'leave', 'change', 'step'), who: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ op: of('hold', 'commitLog') }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(quiet, { maxLength: 60 }), async (ops) => {
      const world = new World()
      await world.fixture.load()
      const well = world.clients.filter((client) => client.instanceId === null).slice(-2)
      const ids = new Map<ModelClient, string>()
      for (const op of ops) {
        await world.run(op)
        for (let tick = 0; tick < 3; tick++) {
          for (const client of well) client.step()
          await world.fixture.turns()
          world.fixture.time.advance(1_000)
          await world.fixture.turns()
        }
        if (world.fixture.time.monotonic() % 5_000 < 3_000) await world.run({ op: 'commitLog' })
        for (const client of well) {
          const known = ids.get(client)
          if (known !== undefined) equal(client.memberId, known, `${client.name} is the same member for ever`)
          if (client.memberId !== '') ids.set(client, client.memberId)
        }
      }
    }),
    { numRuns: 40, includeErrorInReport: true },
  )
})
