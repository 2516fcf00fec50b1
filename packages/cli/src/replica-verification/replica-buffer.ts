/** What was fetched of the replicas of each partition, held against each other. Pure. */

import { partitionKey, type ReplicaRecords, type TopicPartition } from '@ottla/client'
import { batchesIn, crc, lastOffset, nextOffset } from '@ottla/protocol'

export interface VerifiedPartition extends TopicPartition {
  /** Brokers that have it. */
  readonly replicas: readonly number[]
  /** Up to here the replicas are alike. */
  offset: number
}

/** The partition that is furthest behind its high watermark. */
export interface MaxLag {
  readonly partition: TopicPartition
  readonly lag: number
  readonly offset: number
}

export type Verification =
  /** `mismatches` are lines. `isFatal`: the offsets themselves differ. */
  { readonly maxLag: MaxLag | null; readonly mismatches: readonly string[]; readonly isFatal: boolean }

interface Batch {
  readonly lastOffset: number
  readonly nextOffset: number
  readonly crc: number
}

/** Fetched records by broker and partition key. */
export type FetchedByBroker = ReadonlyMap<number, ReadonlyMap<string, ReplicaRecords>>

/** Compares, and moves the offsets of the partitions on to where all replicas are. */
export function verify(partitions: readonly VerifiedPartition[], fetched: FetchedByBroker): Verification {
  let maxLag: MaxLag | null = null
  const mismatches: string[] = []
  for (const partition of partitions) {
    const answers = partition.replicas.flatMap((broker) => {
      const records = fetched.get(broker)?.get(partitionKey(partition.topic, partition.partition))
      return records === undefined ? [] : [{ broker, ...records }]
    })
    if (answers.length < partition.replicas.length) continue
    const highWatermark = Math.max(...answers.map((answer) => answer.highWatermark))
    const result = compare(partition, answers, highWatermark)
    mismatches.push(...result.mismatches)
    if (result.isFatal) return { maxLag, mismatches, isFatal: true }
    const lag = highWatermark - partition.offset
    if (lag > (maxLag?.lag ?? -1)) maxLag = { partition, lag, offset: partition.offset }
  }
  return { maxLag, mismatches, isFatal: false }
}

function compare(
  partition: VerifiedPartition,
  answers: readonly (ReplicaRecords & { readonly broker: number })[],
  highWatermark: number,
): { mismatches: string[]; isFatal: boolean } {
  const name = partitionKey(partition.topic, partition.partition)
  const iterators = answers.map(({ broker, batches }) => ({ broker, batches: readable(batches, partition.offset) }))
  const mismatches: string[] = []
  for (;;) {
    const heads = iterators.map(({ broker, batches }) => ({ broker, batch: batches.next().value }))
    const [first] = heads
    if (first?.batch === undefined || heads.some(({ batch }) => batch === undefined)) break
    if (first.batch.lastOffset >= highWatermark) break
    for (const { broker, batch } of heads.slice(1)) {
      if (batch!.lastOffset !== first.batch.lastOffset) {
        const own = `replica ${broker}'s offset ${batch!.lastOffset}`
        mismatches.push(
          `partition ${name}: replica ${first.broker}'s offset ${first.batch.lastOffset} doesn't match ${own}`,
        )
        return { mismatches, isFatal: true }
      }
      if (batch!.crc === first.batch.crc) continue
      const sums = `replica ${first.broker}'s checksum ${first.batch.crc}; replica ${broker}'s checksum ${batch!.crc}`
      mismatches.push(`partition ${name} has unmatched checksum at offset ${batch!.lastOffset}; ${sums}`)
    }
    partition.offset = first.batch.nextOffset
  }
  return { mismatches, isFatal: false }
}

function* readable(bytes: Buffer, from: number): Generator<Batch, undefined> {
  for (const at of batchesIn(bytes)) {
    if (lastOffset(bytes, at) < from) continue
    yield { lastOffset: lastOffset(bytes, at), nextOffset: nextOffset(bytes, at), crc: crc(bytes, at) }
  }
  return undefined
}
