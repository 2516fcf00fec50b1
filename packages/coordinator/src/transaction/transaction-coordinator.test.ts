import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import { TransactionFixture } from './testing/transaction-fixture.ts'

const init = {
  transactionalId: 'T',
  transactionTimeoutMs: 60_000,
  producerId: -1,
  producerEpoch: -1,
  enable2Pc: false,
  keepPreparedTxn: false,
}
const end = { transactionalId: 'T', producerId: 1, producerEpoch: 0, committed: true }
const latest = { apiVersion: 5 }

test('ids are spread over the partitions as Kafka spreads them', () => {
  const fixture = new TransactionFixture()
  fixture.config = { ...fixture.config, transactionStatePartitions: 50 }
  // |hash("abc")| mod 50
  equal(fixture.coordinator.partitionFor('abc'), 96_354 % 50)
})

test('while a partition is loading, clients are told to wait', async () => {
  const fixture = new TransactionFixture()
  const { coordinator } = fixture
  let go = () => {}
  const gate = new Promise<void>((resolve) => {
    go = resolve
  })
  async function* batches() {
    await gate
    yield* []
  }
  const loading = coordinator.load(0, 1, { batches: batches(), writer: fixture.log })
  equal((await coordinator.initProducerId(init, latest)).errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  equal((await coordinator.endTxn(end, latest)).errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  const filters = { stateFilters: [], producerIdFilters: [], durationFilter: -1, transactionalIdPattern: null }
  equal(coordinator.listTransactions(filters).errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  const [described] = coordinator.describeTransactions({ transactionalIds: ['T'] }).transactionStates ?? []
  equal(described?.errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  go()
  await fixture.turns()
  equal(await loading, 'active')
  equal((await coordinator.endTxn(end, latest)).errorCode, ErrorCode.INVALID_PRODUCER_ID_MAPPING)
  equal(await coordinator.load(0, 1, { batches: [], writer: fixture.log }), 'stale')
})

test('a log that cannot be read is reported, and the partition is not served', async () => {
  const fixture = new TransactionFixture()
  async function* batches(): AsyncGenerator<never> {
    yield* []
    throw new Error('unreadable')
  }
  await rejects(fixture.coordinator.load(0, 1, { batches: batches(), writer: fixture.log }), /unreadable/)
  equal((await fixture.coordinator.endTxn(end, latest)).errorCode, ErrorCode.NOT_COORDINATOR)
})

test('when the broker stops, clients are told that there is nobody', async () => {
  const fixture = new TransactionFixture()
  await fixture.load()
  fixture.commitsAtOnce = false
  const waiting = fixture.coordinator.initProducerId(init, latest)
  await fixture.turns()
  fixture.coordinator.close()
  equal((await waiting).errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  equal((await fixture.coordinator.endTxn(end, latest)).errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  const filters = { stateFilters: [], producerIdFilters: [], durationFilter: -1, transactionalIdPattern: null }
  equal(fixture.coordinator.listTransactions(filters).errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
})

test('several transactions in one request of a broker are answered each', async () => {
  const fixture = new TransactionFixture()
  await fixture.load()
  await fixture.coordinator.initProducerId(init, latest)
  const of = (transactionalId: string, producerEpoch: number, what: 'add' | 'verify') => ({
    transactionalId,
    producerId: 1,
    producerEpoch,
    verifyOnly: what === 'verify',
    topics: [
      { name: 't', partitions: [0, 1] },
      { name: 'u', partitions: [] },
    ],
  })
  const request = {
    transactions: [of('T', 0, 'add'), of('T', 0, 'verify'), of('T', 4, 'add'), of('U', 0, 'add')],
    v3AndBelowTransactionalId: '',
    v3AndBelowProducerId: -1,
    v3AndBelowProducerEpoch: -1,
    v3AndBelowTopics: [],
  }
  const { resultsByTransaction = [] } = await fixture.coordinator.addPartitionsToTxn(request, latest)
  deepEqual(
    resultsByTransaction.map(({ transactionalId, topicResults = [] }) => [
      transactionalId,
      ...topicResults.flatMap(({ resultsByPartition = [] }) =>
        resultsByPartition.map((each) => each.partitionErrorCode),
      ),
    ]),
    [
      ['T', 0, 0],
      ['T', 0, 0],
      ['T', ErrorCode.PRODUCER_FENCED, ErrorCode.PRODUCER_FENCED],
      ['U', ErrorCode.INVALID_PRODUCER_ID_MAPPING, ErrorCode.INVALID_PRODUCER_ID_MAPPING],
    ],
  )
  deepEqual(fixture.coordinator.counts(), { partitions: 1, transactionalIds: 1, unfinished: 0 })
})

test('records that are not known are skipped with one warning', async () => {
  const fixture = new TransactionFixture()
  const unknown = { offset: 0, key: Buffer.from([0, 9]), value: null }
  fixture.log.addBatch({ records: [unknown, { ...unknown, offset: 1 }] }, 2)
  await fixture.load()
  const warnings = fixture.lines.filter((line) => line.startsWith('warn'))
  deepEqual(warnings, [
    'warn: records of the transaction coordinator were skipped {"partition":0,"count":2,"reasons":{"type 9":2}}',
  ])
})

test('what is written in another epoch, committed or failed, is none of the coordinator', async () => {
  const fixture = new TransactionFixture()
  await fixture.load()
  fixture.commitsAtOnce = false
  const answer = fixture.coordinator.initProducerId(init, latest)
  await fixture.turns()
  fixture.coordinator.committed(0, 7, 1)
  fixture.coordinator.failed(0, 7, { error: new Error('other'), logEndOffset: 0 })
  equal(fixture.partition.waitingCount, 1)
  fixture.commit()
  equal((await answer).errorCode, ErrorCode.NONE)
})
