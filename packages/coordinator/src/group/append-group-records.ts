/** The records of one decision of the group coordinator, written as one batch: plain, of a transaction, or its marker. */
import { assert } from '@ottla/stdx'
import type { PartitionWriter } from '../ports.ts'
import type { GroupRecord } from './group-record.ts'
import { encodeGroupRecord } from './group-record-codec.ts'

/** Returns the log's end. Throws ApiError. */
export function appendGroupRecords(
  writer: PartitionWriter,
  records: readonly GroupRecord[],
  timestampMs: number,
): number {
  const [first] = records
  if (first?.kind === 'marker') {
    assert(records.length === 1 && first.written !== undefined, 'a marker is a decision of its own')
    assert(writer.appendMarker !== undefined, 'logs of offsets take markers')
    return writer.appendMarker(first.written, { timestampMs })
  }
  const producer = first?.kind === 'offset' ? first.producer : undefined
  assert(
    producer === undefined || records.every((record) => record.kind === 'offset' && record.producer === producer),
    'the offsets of a transaction are written by themselves',
  )
  return writer.append(
    records.map(encodeGroupRecord),
    producer === undefined ? { timestampMs } : { timestampMs, producer },
  )
}
