/**
 * Random members, topics that come and go, a share coordinator that fails, a log that fails and restarts. What must hold: nobody is given a
 * partition without share state; when the faults end everybody has what is due, every partition is with somebody, and
 * there is no share state that the group does not know of.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import fc from 'fast-check'
import { GroupFixture } from '../testing/group-fixture.ts'
import type { ShareGroup } from './share-group.ts'

const MEMBERS = ['a', 'b', 'c']
const SUBSCRIPTIONS = [['t'], ['t', 'u'], ['u']]

type Disturbance = 'hold' | 'commit' | 'fail' | 'refuse' | 'accept' | 'restart' | 'unload'

type Op =
  | { op: 'beat' | 'rejoin' | 'leave' | 'subscribe'; who: number; topics: number }
  | { op: 'drop' | 'create' | 'grow'; topic: number }
  | { op: 'persister'; how: 'hold' | 'release' | 'fail' | 'ok' }
  | { op: 'advance'; ms: number }
  | { op: 'alter' | 'delete' | 'deleteOffsets' }
  | { op: Disturbance }

const of = <T extends string>(...ops: T[]) => fc.constantFrom(...ops)
const ops = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.record({
      op: of('beat', 'beat', 'beat', 'rejoin', 'leave', 'subscribe'),
      who: fc.nat(MEMBERS.length - 1),
      topics: fc.nat(2),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: of('drop', 'create', 'grow'), topic: fc.nat(1) }) },
  {
    weight: 3,
    arbitrary: fc.record({ op: of('persister'), how: of('hold', 'release', 'release', 'fail', 'ok', 'ok') }),
  },
  { weight: 4, arbitrary: fc.record({ op: of('advance'), ms: fc.constantFrom(100, 1_000, 5_000, 45_000) }) },
  { weight: 2, arbitrary: fc.record({ op: of('alter', 'delete', 'deleteOffsets') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      op: of('hold', 'commit', 'commit', 'fail', 'refuse', 'accept', 'accept', 'restart', 'unload'),
    }),
  },
) as fc.Arbitrary<Op>

interface Assigned {
  readonly topicId?: string | undefined
  readonly partitions?: readonly number[] | undefined
}

interface Member {
  epoch: number
  topics: readonly string[]
  /** By topic id. */
  assigned: ReadonlyMap<string, readonly number[]>
  isAsking: boolean
  /** The coordinator has answered since the subscription changed: it need not be sent again. */
  isSubscribed: boolean
}

class Run {
  readonly fixture = new GroupFixture()
  readonly members = new Map<string, Member>()
  #created = 0

  async step(op: Op): Promise<void> {
    const { fixture } = this
    const { persister, topics } = fixture
    switch (op.op) {
      case 'beat':
      case 'rejoin':
      case 'leave':
      case 'subscribe':
        this.beat(MEMBERS[op.who]!, op.op, SUBSCRIPTIONS[op.topics]!)
        break
      case 'drop':
        topics.delete('tu'[op.topic]!)
        // The share coordinator drops the state of topics that are no more by itself.
        for (const key of persister.states.keys())
          if (topics.nameOf(key.split(':')[1]!) === undefined) persister.states.delete(key)
        void fixture.coordinator.topicsDeleted(['tu'[op.topic]!])
        break
      case 'create':
        if (topics.idOf('tu'[op.topic]!) === undefined)
          topics.set('tu'[op.topic]!, { id: `new${++this.#created}`.padEnd(22, 'A'), partitionCount: 2 })
        break
      case 'grow':
        if (topics.idOf('tu'[op.topic]!) !== undefined)
          topics.set('tu'[op.topic]!, { partitionCount: topics.byName('tu'[op.topic]!)!.partitionCount + 1 })
        break
      case 'persister':
        if (op.how === 'hold') persister.isHeld = true
        else if (op.how === 'release') persister.release()
        else persister.errorCode = op.how === 'fail' ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.NONE
        break
      case 'advance':
        fixture.time.advance(op.ms)
        break
      case 'alter':
        void fixture.coordinator.shareGroups.alterOffsets({
          groupId: 'g',
          topics: [{ topicName: 't', partitions: [{ partitionIndex: 0, startOffset: 7 }] }],
        })
        break
      case 'delete':
        void fixture.coordinator.deleteGroups({ groupsNames: ['g'] })
        break
      case 'deleteOffsets':
        void fixture.coordinator.shareGroups.deleteOffsets({ groupId: 'g', topics: [{ topicName: 't' }] })
        break
      default:
        await this.disturb(op.op)
    }
    await fixture.turns()
  }

  async disturb(op: Disturbance): Promise<void> {
    const { fixture } = this
    switch (op) {
      case 'hold':
        fixture.commitsAtOnce = false
        break
      case 'commit':
        fixture.commitsAtOnce = true
        fixture.commit()
        break
      case 'fail':
        fixture.fail()
        break
      case 'refuse':
        fixture.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS
        break
      case 'accept':
        fixture.log.refusal = ErrorCode.NONE
        break
      case 'restart':
        await fixture.restart()
        break
      case 'unload':
        fixture.unload()
        await fixture.load()
        break
    }
  }

  beat(memberId: string, how: 'beat' | 'rejoin' | 'leave' | 'subscribe', wanted: readonly string[]): void {
    const known = this.members.get(memberId)
    if (known?.isAsking === true) return
    if (known === undefined && how === 'leave') return
    const isJoin = known === undefined || how === 'rejoin'
    const member = known ?? { epoch: 0, topics: wanted, assigned: new Map(), isAsking: false, isSubscribed: false }
    if (how === 'subscribe') {
      member.topics = wanted
      member.isSubscribed = false
    }
    member.isAsking = true
    this.members.set(memberId, member)
    const request = {
      groupId: 'g',
      memberId,
      memberEpoch: how === 'leave' ? -1 : isJoin ? 0 : member.epoch,
      rackId: null,
      subscribedTopicNames: isJoin || !member.isSubscribed ? [...member.topics] : null,
    }
    void this.fixture.coordinator.shareGroups
      .heartbeat(request, { apiVersion: 1, clientId: 'client', clientHost: '/host' })
      .then(({ errorCode = 0, memberEpoch = 0, assignment }) => {
        member.isAsking = false
        if (errorCode === ErrorCode.NONE && memberEpoch !== -1) {
          member.epoch = memberEpoch
          member.isSubscribed = true
          if (assignment !== null && assignment !== undefined) this.assign(member, assignment.topicPartitions ?? [])
          return
        }
        const isOut =
          memberEpoch === -1 ||
          [ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_MEMBER_EPOCH, ErrorCode.GROUP_ID_NOT_FOUND].includes(
            errorCode as 25,
          )
        // Whoever never heard that it had joined begins anew.
        if (isOut || member.epoch === 0) this.members.delete(memberId)
      })
  }

  assign(member: Member, topics: readonly Assigned[]): void {
    member.assigned = new Map(topics.map(({ topicId = '', partitions = [] }) => [topicId, partitions]))
    for (const [topicId, partitions] of member.assigned) {
      if (this.fixture.topics.nameOf(topicId) === undefined) continue
      for (const partition of partitions)
        ok(this.fixture.persister.states.has(`g:${topicId}:${partition}`), `${topicId}-${partition} has share state`)
    }
  }

  get group(): ShareGroup | undefined {
    return this.fixture.partition.shard.groups.get('g') as ShareGroup | undefined
  }

  /** What the coordinator says of the group; members in no order. */
  described(): unknown {
    const { shareGroups } = this.fixture.coordinator
    const { groups = [] } = shareGroups.describeGroups({ groupIds: ['g'], includeAuthorizedOperations: false })
    const byId = (left: { memberId?: string | undefined }, right: { memberId?: string | undefined }): number =>
      (left.memberId ?? '') < (right.memberId ?? '') ? -1 : 1
    return groups.map(({ members = [], ...rest }) => ({ ...rest, members: [...members].sort(byId) }))
  }

  /** The faults end, and everybody does what a client does. */
  async settle(): Promise<void> {
    const { fixture } = this
    fixture.persister.errorCode = ErrorCode.NONE
    fixture.persister.release()
    fixture.log.refusal = ErrorCode.NONE
    fixture.commitsAtOnce = true
    fixture.commit()
    for (let round = 0; round < 14; round++) {
      for (const memberId of [...this.members.keys()]) this.beat(memberId, 'beat', SUBSCRIPTIONS[0]!)
      await fixture.turns()
      fixture.time.advance(5_000)
      await fixture.turns()
    }
  }

  check(): void {
    const { topics, persister } = this.fixture
    const { group, members } = this
    if (group === undefined) {
      equal(members.size, 0)
      return
    }
    deepEqual([...group.members.keys()].sort(), [...members.keys()].sort(), 'those who are in the group know of it')
    const wanted = new Set([...members.values()].flatMap((member) => member.topics))
    for (const { name } of group.partitions.initializing.values())
      ok(!wanted.has(name), `${name} is not left half made`)
    const covered = new Set<string>()
    for (const { epoch, topics: names, assigned } of members.values()) {
      equal(epoch, group.state.epoch)
      for (const [topicId, partitions] of assigned) {
        ok(names.includes(topics.nameOf(topicId) ?? ''), 'a topic that the member subscribes to')
        for (const partition of partitions) covered.add(`g:${topicId}:${partition}`)
      }
    }
    for (const name of wanted) {
      const topic = topics.byName(name)
      for (let partition = 0; partition < (topic?.partitionCount ?? 0); partition++)
        ok(covered.has(`g:${topic!.topicId}:${partition}`), `${name}-${partition} is with somebody`)
    }
    for (const key of persister.states.keys()) {
      const [, topicId, partition] = key.split(':')
      // The share coordinator makes no state of topics that are no more.
      if (topics.nameOf(topicId!) === undefined) continue
      const isKnown =
        group.partitions.initialized.get(topicId!)?.partitions.has(Number(partition)) === true ||
        group.partitions.initializing.get(topicId!)?.partitions.has(Number(partition)) === true ||
        group.partitions.deleting.has(topicId!)
      ok(isKnown, `the group knows of ${key}`)
    }
  }
}

test('when the faults end everybody has what is due, and share state is where the group says', async () => {
  let withMembers = 0
  await fc.assert(
    fc.asyncProperty(fc.array(ops, { minLength: 20, maxLength: 80 }), async (ops) => {
      const run = new Run()
      for (const topic of ['t', 'u']) run.fixture.topics.set(topic, { partitionCount: 2 })
      await run.fixture.load()
      for (const op of ops) await run.step(op)
      await run.settle()
      run.check()
      withMembers += run.members.size > 0 ? 1 : 0
      const before = run.described()
      await run.fixture.restart()
      const after = run.described()
      deepEqual(after, before, 'a new coordinator knows the same')
    }),
    { numRuns: 100 },
  )
  ok(withMembers > 20, 'most groups have members')
})
