/** Takes buffered records of the assigned partitions, so that none of them starves. */
import { partitionKey } from '../topic-partition.ts'
import type { ConsumerRecord } from './consumer-record.ts'
import type { PartitionState } from './partition-state.ts'

/** At most `limit`; `onTaken` hears how many are of which partition. Throws CodecError, CorruptRecordError when the next record is bad; what was read before is given out first. */
export function handOut(
  partitions: Map<string, PartitionState>,
  limit: number,
  onTaken: (state: PartitionState, count: number) => void,
): ConsumerRecord<unknown, unknown>[] {
  const records: ConsumerRecord<unknown, unknown>[] = []
  for (const state of partitions.values()) {
    if (!state.hasRecords) continue
    const before = records.length
    try {
      while (records.length < limit) {
        const record = state.next()
        if (record === null) break
        records.push(record)
      }
    } catch (error) {
      if (records.length === 0) throw error
      onTaken(state, records.length - before)
      break
    }
    if (records.length > before) onTaken(state, records.length - before)
    if (records.length >= limit) break
  }
  rotate(partitions, records.at(-1))
  return records
}

/** The partition that filled the last answer goes to the end of the row. */
function rotate(partitions: Map<string, PartitionState>, last: ConsumerRecord<unknown, unknown> | undefined): void {
  if (last === undefined || partitions.size < 2) return
  const key = partitionKey(last.topic, last.partition)
  const state = partitions.get(key)
  if (state === undefined) return
  partitions.delete(key)
  partitions.set(key, state)
}
