import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import { TransactionalProducer } from '../test-transactions.test.ts'
import { ShareTestBroker } from './share-test-broker.test.ts'

async function started(t: Parameters<typeof ShareTestBroker.start>[0], isolation: string) {
  const broker = await ShareTestBroker.start(t, { 'transaction.state.log.num.partitions': '2' })
  await broker.createTopic('jobs')
  await broker.configureGroup('g', { 'share.auto.offset.reset': 'earliest', 'share.isolation.level': isolation })
  return { broker, producer: await TransactionalProducer.open(await broker.broker.connect(), 'tx') }
}

test('under read_committed, members get no aborted record and no open one, and markers are nobody’s', async (t) => {
  const { broker, producer } = await started(t, 'read_committed')
  await broker.produce('jobs', ['plain'])
  await producer.produce({ topic: 'jobs' }, 'aborted', 'aborted')
  equal(await producer.end('abort'), ErrorCode.NONE)
  await producer.produce({ topic: 'jobs' }, 'committed')
  equal(await producer.end('commit'), ErrorCode.NONE)
  await producer.produce({ topic: 'jobs' }, 'open')
  const member = await broker.member('g', 'm1', 'jobs')
  equal(await member.take(), '0-0x1 4-4x1')
  equal(
    await member.acknowledge([
      [0, 0, 1],
      [4, 4, 1],
    ]),
    ErrorCode.NONE,
  )
  const waiting = member.take({ maxWaitMs: 15_000 })
  equal(await producer.end('commit'), ErrorCode.NONE)
  equal(await waiting, '6-6x1')
  equal(await member.acknowledge([[6, 6, 1]]), ErrorCode.NONE)
  equal(await member.take({ maxWaitMs: 100 }), '')
  const [leader] = broker.broker.running.broker.shares.leaders()
  equal(leader!.state!.inFlight, 0)
})

test('under read_uncommitted, members get open and aborted records, and no markers', async (t) => {
  const { broker, producer } = await started(t, 'read_uncommitted')
  await producer.produce({ topic: 'jobs' }, 'open')
  const member = await broker.member('g', 'm1', 'jobs')
  equal(await member.take(), '0-0x1')
  equal(await producer.end('abort'), ErrorCode.NONE)
  await broker.produce('jobs', ['plain'])
  equal(await member.take({ acks: [[0, 0, 1]] }), '2-2x1')
})
