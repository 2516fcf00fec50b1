/** What members see of a share coordinator that fails, is late, or has begun the state anew. */
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { SharePersister } from '@ottla/coordinator'
import { ErrorCode } from '@ottla/protocol'
import { ShareTestBroker } from './share-test-broker.test.ts'

const [ACCEPT, RELEASE] = [1, 2]

/** Methods of the broker's persister may be replaced. */
async function started(t: Parameters<typeof ShareTestBroker.start>[0]) {
  const broker = await ShareTestBroker.start(t)
  const topicId = await broker.createTopic('jobs')
  await broker.configureGroup('g', { 'share.auto.offset.reset': 'earliest' })
  const { sharePersister } = broker.broker.running.broker
  return { broker, topicId, persister: sharePersister as { -readonly [K in keyof SharePersister]: SharePersister[K] } }
}

function failing(error: number): SharePersister['writeState'] {
  return ({ topics }) =>
    Promise.resolve({
      results: topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partition }) => ({ partition, errorCode: error, errorMessage: null })),
      })),
    })
}

test('a decision that cannot be stored is refused, and the member still holds the records', async (t) => {
  const { broker, persister } = await started(t)
  await broker.produce('jobs', ['a', 'b'])
  const member = await broker.member('g', 'm1', 'jobs')
  equal(await member.take(), '0-1x1')
  const writeState = persister.writeState.bind(persister)
  persister.writeState = failing(ErrorCode.NOT_COORDINATOR)
  equal(await member.acknowledge([[0, 1, ACCEPT]]), ErrorCode.COORDINATOR_NOT_AVAILABLE)
  persister.writeState = writeState
  equal(await member.acknowledge([[0, 1, ACCEPT]]), ErrorCode.NONE)
  equal(broker.broker.running.broker.shares.metrics.failedWrites, 1)
})

test('an answer waits for the write; decisions that come meanwhile are one further write', async (t) => {
  const { broker, persister } = await started(t)
  await broker.produce('jobs', ['a', 'b', 'c', 'd'])
  const members = await Promise.all(['m1', 'm2', 'm3', 'm4'].map((id) => broker.member('g', id, 'jobs')))
  for (const [at, member] of members.entries()) {
    equal(await member.take({ maxRecords: 1, shareAcquireMode: 1 }), `${at}-${at}x1`)
  }
  const writeState = persister.writeState.bind(persister)
  const writes: number[] = []
  let release = (): void => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  persister.writeState = async (request) => {
    writes.push(request.topics[0]!.partitions[0]!.startOffset)
    await gate
    return writeState(request)
  }
  let answers = 0
  const acknowledge = async (at: number): Promise<number> => {
    const error = await members[at]!.acknowledge([[at, at, ACCEPT]])
    answers += 1
    return error
  }
  const until = async (isReached: () => boolean): Promise<void> => {
    while (!isReached()) await new Promise<void>((resolve) => broker.broker.env.timers.after(1, resolve))
  }
  const first = acknowledge(0)
  await until(() => writes.length === 1)
  const acknowledged = [first, ...[1, 2, 3].map(acknowledge)]
  await until(() => broker.broker.running.broker.shares.metrics.acknowledged[ACCEPT]! === 4)
  equal(answers, 0)
  release()
  deepEqual(await Promise.all(acknowledged), [0, 0, 0, 0])
  equal(writes.length, 2)
  equal(writes[1], 4)
})

test('state that was begun anew fences the old one: its members are told, and begin where the new one says', async (t) => {
  const { broker, topicId, persister } = await started(t)
  await broker.produce('jobs', ['a', 'b', 'c'])
  const member = await broker.member('g', 'm1', 'jobs')
  equal(await member.take(), '0-2x1')
  const anew = { partition: 0, stateEpoch: 2, startOffset: 1 }
  await persister.initializeState({ groupId: 'g', topics: [{ topicId, partitions: [anew] }] })
  equal(await member.acknowledge([[0, 0, ACCEPT]]), ErrorCode.NOT_LEADER_OR_FOLLOWER)
  equal(await member.take(), '1-2x1')
  equal(await member.acknowledge([[1, 2, ACCEPT]]), ErrorCode.NONE)
})

test('a member that comes while the share coordinator is away waits for it', async (t) => {
  const { broker, persister } = await started(t)
  await broker.produce('jobs', ['a'])
  const member = await broker.member('g', 'm1', 'jobs')
  const readState = persister.readState.bind(persister)
  let attempts = 0
  persister.readState = async (request) => {
    const answer = await readState(request)
    attempts += 1
    if (attempts > 2) return answer
    const partition = { ...answer.results[0]!.partitions[0]!, errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }
    return { results: [{ ...answer.results[0]!, partitions: [partition] }] }
  }
  equal(await member.take({ maxWaitMs: 15_000 }), '0-0x1')
  equal(attempts, 3)
})

test('a released record whose release could not be stored goes to nobody before its lock is over', async (t) => {
  const { broker, persister } = await started(t)
  await broker.configureGroup('g', { 'share.record.lock.duration.ms': '1000' })
  await broker.produce('jobs', ['a'])
  const [one, two] = [await broker.member('g', 'm1', 'jobs'), await broker.member('g', 'm2', 'jobs')]
  equal(await one.take(), '0-0x1')
  const writeState = persister.writeState.bind(persister)
  persister.writeState = failing(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  equal(await one.acknowledge([[0, 0, RELEASE]]), ErrorCode.COORDINATOR_NOT_AVAILABLE)
  persister.writeState = writeState
  equal(await two.take({ maxWaitMs: 15_000 }), '0-0x2')
})
