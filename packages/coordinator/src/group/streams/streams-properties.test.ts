/**
 * Random members, faults and topics, and what must hold whatever happens: a task is worked on by one member at a time, a process has it once, epochs do
 * not go back, the log says all that is durable; and when the faults end every task is with one member.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeGroupRecord } from '../group-record-codec.ts'
import { GroupShard } from '../group-shard.ts'
import { GroupFixture } from '../testing/group-fixture.ts'
import { MemberState } from './reconcile.ts'
import type { StreamsGroup } from './streams-group.ts'
import { metadataValue, progressValue } from './streams-member.ts'
import { eachTask, taskIdsOf } from './tasks.ts'
import { ModelMember, type Role } from './testing/model-member.ts'

type Op =
  | { op: 'beat'; who: number; isFull: boolean; isAnswerLost: boolean }
  | { op: 'work' | 'leave' | 'crash' | 'comeBack'; who: number }
  | { op: 'advance'; ms: number }
  | { op: 'grow' | 'standby' | 'hold' | 'commitLog' | 'fail' | 'refuse' | 'accept' | 'restart' | 'reload' }

const who = fc.nat(4)
const of = <T extends string>(...ops: T[]) => fc.constantFrom(...ops)
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      op: of('beat'),
      who,
      isFull: fc.boolean(),
      isAnswerLost: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
  },
  { weight: 15, arbitrary: fc.record({ op: of('work'), who }) },
  { weight: 5, arbitrary: fc.record({ op: of('advance'), ms: fc.constantFrom(100, 1000, 5000, 15_000) }) },
  { weight: 4, arbitrary: fc.record({ op: of('leave', 'crash', 'comeBack', 'comeBack'), who }) },
  {
    weight: 5,
    arbitrary: fc.record({
      op: of('grow', 'standby', 'hold', 'commitLog', 'commitLog', 'fail', 'refuse', 'accept', 'restart', 'reload'),
    }),
  },
)

class World {
  readonly fixture = new GroupFixture()
  readonly members: ModelMember[]
  groupEpoch = 0
  partitionCount = 3
  broken: unknown
  takes = 0

  constructor() {
    this.#setStandbyReplicas(1)
    this.#setTopics()
    const took = (member: ModelMember, role: Role, task: string) => {
      try {
        this.#took(member, role, task)
      } catch (error) {
        this.broken ??= error
      }
    }
    this.members = [0, 1, 2, 3, 4].map((index) => {
      const identity = { processId: `p${index % 3}`, instanceId: index === 4 ? 'i' : null }
      return new ModelMember(`m${index}`, identity, () => this.fixture, took)
    })
  }

  /** Without delays, so that more comes together. */
  #setStandbyReplicas(count: number): void {
    this.fixture.groupConfigs.set('g', {
      'streams.num.standby.replicas': count,
      'streams.initial.rebalance.delay.ms': 0,
      'streams.assignment.interval.ms': 0,
    })
  }

  #setTopics(): void {
    for (const name of ['t', 'store']) this.fixture.topics.set(name, { partitionCount: this.partitionCount })
  }

  /** A member that the coordinator thinks is out may work on for a while: it does not know yet. All others keep apart. */
  #took(member: ModelMember, role: Role, task: string): void {
    this.takes += 1
    const group = this.group
    if (group === undefined || !group.members.has(member.memberId)) return
    for (const other of this.members) {
      if (other === member || !group.members.has(other.memberId)) continue
      if (role === 'active') ok(!other.holds.active.has(task), `${other.name} and ${member.name} work on ${task}`)
      if (other.processId === member.processId)
        ok(!other.holds.standby.has(task) && !other.holds.active.has(task), `${member.processId} has ${task} twice`)
    }
  }

  get group(): StreamsGroup | undefined {
    const group = this.fixture.coordinator.inspect('g')?.shard.groups.get('g')
    return group?.kind === 'streams' ? group : undefined
  }

  async run(it: Op): Promise<void> {
    const { fixture } = this
    if ('who' in it) {
      const member = this.members[it.who] as ModelMember
      if (it.op === 'beat') member.beat(it)
      else member[it.op]()
    } else if (it.op === 'advance') await this.advance(it.ms)
    else if (it.op === 'grow') {
      this.partitionCount = Math.min(this.partitionCount + 1, 6)
      this.#setTopics()
    } else if (it.op === 'standby') {
      this.#setStandbyReplicas(fixture.groupConfigs.get('g')?.['streams.num.standby.replicas'] === 1 ? 0 : 1)
    } else await this.#disturb(it.op)
    await fixture.turns()
    this.check()
  }

  async #disturb(what: 'hold' | 'commitLog' | 'fail' | 'refuse' | 'accept' | 'restart' | 'reload'): Promise<void> {
    const { fixture } = this
    if (what === 'hold') fixture.commitsAtOnce = false
    else if (what === 'commitLog') {
      fixture.commitsAtOnce = true
      fixture.commit()
    } else if (what === 'fail') {
      fixture.commitsAtOnce = true
      fixture.fail()
    } else if (what === 'refuse') fixture.log.refusal = 19
    else if (what === 'accept') fixture.log.refusal = 0
    else {
      fixture.commitsAtOnce = true
      fixture.commit()
      await fixture.turns()
      if (what === 'restart') await fixture.restart()
      else {
        fixture.unload()
        await fixture.turns()
        await fixture.load()
      }
    }
  }

  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      this.fixture.time.advance(Math.min(500, left))
      await this.fixture.turns()
    }
  }

  check(): void {
    if (this.broken !== undefined) throw this.broken
    const { group } = this
    if (group === undefined) return
    const active = new Set<string>()
    const held = new Set<string>()
    for (const { memberId, processId, assigned, pendingRevocation, state } of group.members.values()) {
      for (const tasks of [assigned, pendingRevocation]) {
        for (const task of eachTask(tasks.active)) {
          ok(!active.has(task.join('-')), `task ${task.join('-')} is assigned to ${memberId} and another one`)
          active.add(task.join('-'))
        }
        for (const task of [...eachTask(tasks.active), ...eachTask(tasks.standby)]) {
          const key = `${processId}/${task.join('-')}`
          ok(!held.has(key), `${key} is assigned twice`)
          held.add(key)
        }
      }
      if (state === MemberState.STABLE) equal([...eachTask(pendingRevocation.active)].length, 0)
    }
    const committed = group.dataAt(this.fixture.committedOffset)
    ok(committed.groupEpoch >= this.groupEpoch, 'the epoch of a group does not go back')
    ok(committed.assignmentEpoch <= committed.groupEpoch, 'there is no target for an epoch to come')
    this.groupEpoch = committed.groupEpoch
  }

  /** A shard that reads the log from its beginning knows what the one in service does. */
  async checkLog(): Promise<void> {
    const { fixture, group } = this
    if (fixture.committedOffset !== fixture.log.endOffset || group === undefined) return
    const shard = new GroupShard(fixture.ports)
    for (const batch of fixture.log.batches())
      for (const stored of batch.records) {
        const record = decodeGroupRecord(stored)
        if (record.kind !== 'skipped') shard.replay(record, stored.offset)
      }
    deepEqual(durable(shard.groups.get('g') as StreamsGroup), durable(group))
  }

  /** No more faults: everybody comes, and works. */
  async settle(): Promise<void> {
    this.fixture.log.refusal = 0
    await this.#disturb('commitLog')
    for (const member of this.members) member.comeBack()
    for (let round = 0; round < 40; round++) {
      for (const member of this.members) {
        member.beat({ isFull: false, isAnswerLost: false })
        await this.fixture.turns()
        member.work()
      }
      await this.advance(1500)
      this.check()
    }
    const { group, fixture } = this
    ok(group !== undefined)
    equal(group.stateAt(fixture.committedOffset), 'Stable')
    const active = this.members.flatMap(({ holds }) => [...holds.active]).sort()
    deepEqual(
      active,
      Array.from({ length: this.partitionCount }, (_, index) => `0-${index}`),
    )
  }
}

function durable(group: StreamsGroup): unknown {
  const { topology: _, ...state } = group.state
  const byId = <T>(entries: Iterable<readonly [string, T]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    state,
    members: byId(group.members.entries()).map(([id, member]) => [id, metadataValue(member), progressValue(member)]),
    targets: byId(group.targets.entries()).map(([id, { active, standby }]) => [
      id,
      taskIdsOf(active),
      taskIdsOf(standby),
    ]),
    statics: byId(group.staticEntries()),
  }
}

/** Gives how many tasks were taken. */
async function play(ops: readonly Op[]): Promise<number> {
  const world = new World()
  await world.fixture.load()
  for (const it of ops) await world.run(it)
  await world.checkLog()
  await world.settle()
  await world.checkLog()
  return world.takes
}

test('whatever members, log and topics do, a task is with one member at a time; and when it is quiet with exactly one', async () => {
  let takes = 0
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 20, maxLength: 120 }), async (ops) => {
      takes += await play(ops)
    }),
    { numRuns: Number(process.env['RUNS'] ?? 25) },
  )
  ok(takes > 0, 'members take tasks')
})
