import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { coordinatorKey } from '@ottla/coordinator'
import {
  DeleteShareGroupStateRequest,
  DeleteShareGroupStateResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  ErrorCode,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  InitializeShareGroupStateRequest,
  InitializeShareGroupStateResponse,
  ReadShareGroupStateRequest,
  ReadShareGroupStateResponse,
  ReadShareGroupStateSummaryRequest,
  ReadShareGroupStateSummaryResponse,
  WriteShareGroupStateRequest,
  WriteShareGroupStateResponse,
} from '@ottla/protocol'
import { TestBroker } from '../test-broker.test.ts'

const INITIALIZE = { request: InitializeShareGroupStateRequest, response: InitializeShareGroupStateResponse }
const READ = { request: ReadShareGroupStateRequest, response: ReadShareGroupStateResponse }
const WRITE = { request: WriteShareGroupStateRequest, response: WriteShareGroupStateResponse }
const DELETE = { request: DeleteShareGroupStateRequest, response: DeleteShareGroupStateResponse }
const SUMMARY = { request: ReadShareGroupStateSummaryRequest, response: ReadShareGroupStateSummaryResponse }
const FIND_COORDINATOR = { request: FindCoordinatorRequest, response: FindCoordinatorResponse }
const DELETE_TOPICS = { request: DeleteTopicsRequest, response: DeleteTopicsResponse }

/** Of 5 ms: a minute. */
const TURNS_MAX = 12_000

const ACKNOWLEDGED = [{ firstOffset: 3, lastOffset: 9, deliveryState: 2, deliveryCount: 1 }]

function asked<P extends object>(topicId: string, partition: P) {
  return { groupId: 'g', topics: [{ topicId, partitions: [partition] }] }
}

function only<R>({ results }: { readonly results: readonly { readonly partitions: readonly R[] }[] }): R {
  return results[0]!.partitions[0]!
}

/** Makes the topic of share state, whose coordinator answers from then on. */
async function shareBroker(t: Parameters<typeof TestBroker.start>[0], settings: Readonly<Record<string, string>> = {}) {
  const broker = await TestBroker.start(t, { 'share.coordinator.state.topic.num.partitions': '3', ...settings })
  const topicId = (await broker.createTopics({ events: 2 })).get('events')!
  const { sharePersister } = broker.running.broker
  const initialized = await sharePersister.initializeState(
    asked(topicId, { partition: 0, stateEpoch: 1, startOffset: 3 }),
  )
  equal(only(initialized).errorCode, ErrorCode.NONE)
  return { broker, topicId, sharePersister }
}

test('the persister makes the topic of share state and waits for its coordinator', async (t) => {
  const { broker, topicId, sharePersister } = await shareBroker(t)
  const topic = broker.running.broker.image.topics.byName('__share_group_state')
  equal(topic?.partitions.length, 3)
  const read = await sharePersister.readState(asked(topicId, { partition: 0, leaderEpoch: 0 }))
  deepEqual([only(read).stateEpoch, only(read).startOffset], [1, 3])
})

test('share state is initialised, written, read and deleted over the wire, and outlives a restart', async (t) => {
  const { broker, topicId } = await shareBroker(t)
  let connection = await broker.connect()
  const found = await connection.request(FIND_COORDINATOR, 6, {
    keyType: 2,
    coordinatorKeys: [coordinatorKey({ groupId: 'g', topicId, partition: 1 }), 'nonsense'],
  })
  deepEqual(
    found.coordinators.map(({ errorCode, port }) => [errorCode, port]),
    [
      [ErrorCode.NONE, broker.port],
      [ErrorCode.INVALID_REQUEST, -1],
    ],
  )
  const initialize = asked(topicId, { partition: 1, stateEpoch: 0, startOffset: 3 })
  equal(only(await connection.request(INITIALIZE, 0, initialize)).errorCode, ErrorCode.NONE)
  const write = { partition: 1, stateEpoch: 0, leaderEpoch: 0, startOffset: 3, deliveryCompleteCount: 7 }
  const written = await connection.request(WRITE, 1, asked(topicId, { ...write, stateBatches: ACKNOWLEDGED }))
  equal(only(written).errorCode, ErrorCode.NONE)
  await broker.stop()
  await broker.start()
  connection = await broker.connect()
  const persister = broker.running.broker.sharePersister
  const read = only(await persister.readState(asked(topicId, { partition: 1, leaderEpoch: 2 })))
  deepEqual([read.startOffset, read.stateBatches], [3, ACKNOWLEDGED])
  const late = await connection.request(READ, 0, asked(topicId, { partition: 1, leaderEpoch: 1 }))
  equal(only(late).errorCode, ErrorCode.FENCED_LEADER_EPOCH)
  const summary = only(await connection.request(SUMMARY, 1, asked(topicId, { partition: 1, leaderEpoch: -1 })))
  deepEqual([summary.startOffset, summary.leaderEpoch, summary.deliveryCompleteCount], [3, 2, 7])
  equal(only(await connection.request(DELETE, 0, asked(topicId, { partition: 1 }))).errorCode, ErrorCode.NONE)
  const gone = await connection.request(SUMMARY, 0, asked(topicId, { partition: 1, leaderEpoch: -1 }))
  equal(only(gone).startOffset, -1)
})

test('a deleted topic takes its share state along', async (t) => {
  const { broker, topicId } = await shareBroker(t)
  const { coordinator } = broker.running.broker.shareState
  equal(coordinator.counts().sharePartitions, 1)
  const connection = await broker.connect()
  await connection.request(DELETE_TOPICS, 6, { topics: [{ topicId }], timeoutMs: 5000 })
  for (let turn = 0; coordinator.counts().sharePartitions > 0; turn++) {
    ok(turn < TURNS_MAX, 'the state goes')
    await new Promise((resolve) => broker.env.timers.after(5, () => resolve(undefined)))
  }
})

test('the log of share state is kept short, and still loads', async (t) => {
  const { broker, topicId, sharePersister } = await shareBroker(t, {
    'share.coordinator.snapshot.update.records.per.snapshot': '5',
    'share.coordinator.state.topic.prune.interval.ms': '20',
  })
  const { coordinator } = broker.running.broker.shareState
  const partition = coordinator.partitionFor({ groupId: 'g', topicId, partition: 0 })
  for (let offset = 3; offset < 40; offset++) {
    const stateBatches = [{ firstOffset: offset, lastOffset: offset, deliveryState: 2, deliveryCount: 1 }]
    const write = {
      partition: 0,
      stateEpoch: 1,
      leaderEpoch: 0,
      startOffset: -1,
      deliveryCompleteCount: -1,
      stateBatches,
    }
    equal(only(await sharePersister.writeState(asked(topicId, write))).errorCode, ErrorCode.NONE)
  }
  const { replica } = broker.running.broker.replicas.find('__share_group_state', partition)
  for (let turn = 0; replica!.log.logStartOffset < 30; turn++) {
    ok(turn < TURNS_MAX, 'the log is pruned')
    await new Promise((resolve) => broker.env.timers.after(5, () => resolve(undefined)))
  }
  await broker.stop()
  await broker.start()
  const again = broker.running.broker.sharePersister
  const read = only(await again.readState(asked(topicId, { partition: 0, leaderEpoch: 0 })))
  deepEqual(read.stateBatches, [{ firstOffset: 3, lastOffset: 39, deliveryState: 2, deliveryCount: 1 }])
})
