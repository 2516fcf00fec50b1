/** From a partition's answer to tasks: the acquired records, decoded; offsets without a record, and records that cannot be decoded. */

import { bytesCodec } from '../codec/codecs.ts'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import { FetchedRecords } from '../consumer/fetched-records.ts'
import { CodecError } from '../errors.ts'
import type { ResolvedShareOptions } from './share-options.ts'
import type { AcquiredPartition } from './share-session.ts'

export interface AcquiredRecords {
  readonly records: readonly { readonly record: ConsumerRecord<unknown, unknown>; readonly deliveryCount: number }[]
  /** Acquired offsets at which there is nothing to deliver. */
  readonly gaps: readonly number[]
  readonly undecodable: readonly { readonly offset: number; readonly error: CodecError }[]
}

/** Throws CorruptRecordError. */
export function acquiredRecords(
  topic: string,
  data: AcquiredPartition,
  options: ResolvedShareOptions,
): AcquiredRecords {
  const counts = new Map<number, number>()
  for (const { firstOffset, lastOffset, deliveryCount } of data.acquiredRecords) {
    for (let offset = firstOffset; offset <= lastOffset; offset++) counts.set(offset, deliveryCount)
  }
  const records: { record: ConsumerRecord<unknown, unknown>; deliveryCount: number }[] = []
  const undecodable: { offset: number; error: CodecError }[] = []
  for (const raw of rawRecords(topic, data, options)) {
    const deliveryCount = counts.get(raw.offset)
    if (deliveryCount === undefined) continue
    counts.delete(raw.offset)
    try {
      const key = raw.key === null ? null : options.key.decode(raw.key)
      const value = raw.value === null ? null : options.value.decode(raw.value)
      records.push({ record: { ...raw, key, value }, deliveryCount })
    } catch (cause) {
      const what = `record ${raw.offset} of ${topic}-${raw.partition}`
      const error = new CodecError(`${what} could not be decoded`, { topic, partition: raw.partition, cause })
      undecodable.push({ offset: raw.offset, error })
    }
  }
  return { records, gaps: [...counts.keys()], undecodable }
}

function* rawRecords(
  topic: string,
  data: AcquiredPartition,
  { checkCrcs }: ResolvedShareOptions,
): Generator<ConsumerRecord> {
  const partition = data.partitionIndex
  const source = new FetchedRecords(
    { records: data.records, abortedTransactions: null },
    // The broker leaves out what an isolation level hides.
    { topic, partition, fetchOffset: 0, isReadCommitted: false, checkCrcs, key: bytesCodec, value: bytesCodec },
  )
  for (let record = source.next(); record !== null; record = source.next()) yield record as ConsumerRecord
}
