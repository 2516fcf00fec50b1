import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import {
  ErrorCode,
  FetchRequest,
  FetchResponse,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
} from '@ottla/protocol'
import { isData, simulated } from './simulated-broker.test.ts'
import { fetchOf } from './test-broker.test.ts'

const FETCH = { request: FetchRequest, response: FetchResponse }

const FIND_COORDINATOR = { request: FindCoordinatorRequest, response: FindCoordinatorResponse }
const OFFSET_COMMIT = { request: OffsetCommitRequest, response: OffsetCommitResponse }

test('a write that fails for want of room is answered as retriable, and the next one succeeds when there is room', async () => {
  await simulated(async ({ simulation, connection, produce }) => {
    equal(await produce('before'), ErrorCode.NONE)
    const { faults } = simulation.host('broker').disk
    const heal = faults.inject({
      operation: 'write',
      effect: { kind: 'error', code: 'ENOSPC' },
      path: isData,
      times: Number.POSITIVE_INFINITY,
    })
    equal(await produce('lost'), ErrorCode.KAFKA_STORAGE_ERROR)
    const read = await connection.request(FETCH, 12, fetchOf([{ topic: 'events' }]))
    equal(read.responses[0]!.partitions[0]!.errorCode, ErrorCode.NONE)
    heal()
    equal(await produce('after'), ErrorCode.NONE)
    const response = await connection.request(FETCH, 12, fetchOf([{ topic: 'events' }]))
    equal(response.responses[0]!.partitions[0]!.highWatermark, 2)
  })
})

test('a sync that fails takes the partition offline, and its produces are told', async () => {
  await simulated(async ({ simulation, connection, produce }) => {
    equal(await produce('before'), ErrorCode.NONE)
    const { faults } = simulation.host('broker').disk
    faults.inject({ operation: 'sync', effect: { kind: 'error', code: 'EIO' }, path: isData })
    equal(await produce('lost'), ErrorCode.KAFKA_STORAGE_ERROR)
    equal(await produce('still'), ErrorCode.KAFKA_STORAGE_ERROR)
    const read = await connection.request(FETCH, 12, fetchOf([{ topic: 'events' }]))
    equal(read.responses[0]!.partitions[0]!.errorCode, ErrorCode.KAFKA_STORAGE_ERROR)
  })
})

test('under fsync nothing is acknowledged or visible before the disk has it', async () => {
  await simulated(async ({ simulation, connect, produce }) => {
    const reader = await connect()
    const highWatermark = async (): Promise<number> => {
      const response = await reader.request(FETCH, 12, fetchOf([{ topic: 'events' }]))
      return response.responses[0]!.partitions[0]!.highWatermark
    }
    equal(await produce('first'), ErrorCode.NONE)
    simulation
      .host('broker')
      .disk.faults.inject({ operation: 'sync', effect: { kind: 'slow', ms: 3000 }, path: isData })
    const startedAt = simulation.now
    const produced = produce('slow')
    await simulation.sleep(1000)
    equal(await highWatermark(), 1)
    equal(await produced, ErrorCode.NONE)
    equal(simulation.now - startedAt >= 3000, true)
    equal(await highWatermark(), 2)
  })
})

test('a produce whose acknowledgement does not come in time is told so, and the record stays', async () => {
  await simulated(async ({ simulation, connection, produce }) => {
    const { faults } = simulation.host('broker').disk
    faults.inject({ operation: 'sync', effect: { kind: 'slow', ms: 8000 }, path: isData })
    equal(await produce('slow'), ErrorCode.REQUEST_TIMED_OUT)
    await simulation.sleep(5000)
    const response = await connection.request(FETCH, 12, fetchOf([{ topic: 'events' }]))
    equal(response.responses[0]!.partitions[0]!.highWatermark, 1)
  })
})

test('with replicated durability the page cache is enough', async () => {
  await simulated(
    async ({ simulation, produce }) => {
      const { faults } = simulation.host('broker').disk
      faults.inject({ operation: 'sync', effect: { kind: 'slow', ms: 8000 }, path: isData, times: Infinity })
      const startedAt = simulation.now
      equal(await produce('fast'), ErrorCode.NONE)
      equal(simulation.now - startedAt < 1000, true)
    },
    { 'ottla.durability': 'replicated' },
  )
})

test('a stop answers who waits, and leaves the folder marked as clean', async () => {
  await simulated(async ({ simulation, running, connection }) => {
    const waiting = connection.request(FETCH, 12, fetchOf([{ topic: 'events' }], { maxWaitMs: 30_000 }))
    await simulation.until(() => running.broker.deadlines.size > 0)
    const startedAt = simulation.now
    await running.stop()
    equal((await waiting).responses[0]!.partitions[0]!.errorCode, ErrorCode.NONE)
    equal(simulation.now - startedAt < 5000, true)
    const files = await simulation.env('broker').files.list('/data')
    equal(
      files.some(({ name }) => name === '.kafka_cleanshutdown'),
      true,
    )
  })
})

test('a coordinator whose log could not be made for want of room serves when there is room', async () => {
  await simulated(
    async ({ simulation, connection }) => {
      const { faults } = simulation.host('broker').disk
      const heal = faults.inject({
        operation: 'write',
        effect: { kind: 'error', code: 'ENOSPC' },
        path: (path) => path.includes('__consumer_offsets'),
        times: Number.POSITIVE_INFINITY,
      })
      const topics = [
        { name: 'events', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] },
      ]
      const commit = async (): Promise<number> => {
        const { coordinators } = await connection.request(FIND_COORDINATOR, 4, { coordinatorKeys: ['group'] })
        const error = coordinators[0]!.errorCode
        if (error !== ErrorCode.NONE) return error
        const response = await connection.request(OFFSET_COMMIT, 9, { groupId: 'group', topics })
        return response.topics[0]!.partitions[0]!.errorCode
      }
      let last = -1
      const commitUntil = async (isEnough: (error: number) => boolean): Promise<void> => {
        for (let n = 0; n < 20 && !isEnough(last); n++) {
          last = await commit()
          await simulation.sleep(200)
        }
      }
      await commitUntil((error) => error === ErrorCode.NOT_COORDINATOR)
      equal(last, ErrorCode.NOT_COORDINATOR)
      heal()
      await commitUntil((error) => error === ErrorCode.NONE)
      equal(last, ErrorCode.NONE)
    },
    { 'offsets.topic.num.partitions': '1' },
  )
})
