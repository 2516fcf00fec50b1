import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode, type Init, type ListOffsetsResponse } from '@ottla/protocol'
import type { RequestContext } from '../request-context.ts'
import { listOffsets } from './02-list-offsets.ts'

/** A replica whose log is opened when the test says so. */
class Opening {
  isReady = false
  readonly highWatermark = 7
  readonly leaderEpochStart = 0
  readonly leaderEpoch = 3
  #ready: (() => void) | undefined

  get isAsked(): boolean {
    return this.#ready !== undefined
  }

  whenReady(fn: () => void): void {
    this.#ready = fn
  }

  open(): void {
    this.isReady = true
    this.#ready?.()
  }

  leaderError(): number {
    return ErrorCode.NONE
  }

  visibleEnd(): number {
    return this.highWatermark
  }
}

function brokerWith(replicas: readonly Opening[]): RequestContext {
  const find = (_topic: string, partition: number) => ({ replica: replicas[partition], error: 3 })
  return { apiVersion: 7, broker: { replicas: { find } } } as unknown as RequestContext
}

type Partitions = NonNullable<NonNullable<Init<typeof ListOffsetsResponse>['topics']>[number]['partitions']>

async function answers(context: RequestContext, partitions: Iterable<number>): Promise<Partitions> {
  const response = (await listOffsets.handle(context, asking(...partitions))) as Init<typeof ListOffsetsResponse>
  return response.topics?.[0]?.partitions ?? []
}

function asking(...partitions: readonly number[]) {
  const asked = partitions.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp: -1 }))
  return { replicaId: -1, isolationLevel: 0, topics: [{ name: 't', partitions: asked }], timeoutMs: 0 }
}

test('logs of partitions that are not open are asked for some hundred at a time, however many a request names', async () => {
  const replicas = Array.from({ length: 600 }, () => new Opening())
  const askedFor = () => replicas.filter(({ isAsked }) => isAsked).length
  const answered = answers(brokerWith(replicas), replicas.keys())
  equal(askedFor(), 256)
  for (const replica of replicas.slice(0, 256)) replica.open()
  await new Promise((resolve) => setImmediate(resolve))
  equal(askedFor(), 512)
  for (const replica of replicas) replica.open()
  const partitions = await answered
  deepEqual(
    partitions.map(({ partitionIndex }) => partitionIndex),
    [...replicas.keys()],
  )
  deepEqual(partitions[599], { partitionIndex: 599, offset: 7, timestamp: -1, leaderEpoch: 3 })
})

test('a partition that is named twice is answered once, as a mistake', async () => {
  const replicas = Array.from({ length: 3 }, () => new Opening())
  for (const replica of replicas) replica.open()
  deepEqual(await answers(brokerWith(replicas), [1, 2, 1]), [
    { partitionIndex: 1, errorCode: ErrorCode.INVALID_REQUEST },
    { partitionIndex: 2, offset: 7, timestamp: -1, leaderEpoch: 3 },
  ])
})
