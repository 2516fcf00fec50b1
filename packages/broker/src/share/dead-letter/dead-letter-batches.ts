/**
 * Dead letters as record batches: one record for each offset, with Kafka's headers that say where it came from and why, and
 * with key and value of the original where the group wants that. The headers of the original are not copied. Pure.
 */
import { BatchBuilder, HEADER_BYTES, maxSizeOfRecord, type RecordInit } from '@ottla/protocol'
import type { DeadLetters } from '../partition/share-partition.ts'

export interface DeadLetterOrigin {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
}

/** What is copied of a record; absent where the log does not have it any more. */
export interface Original {
  readonly key: Buffer | null
  readonly value: Buffer | null
}

export interface DeadLetterOptions {
  readonly originals: ReadonlyMap<number, Original>
  /** max.message.bytes of the dead-letter topic. */
  readonly maxBatchBytes: number
  /** Wall clock, milliseconds: the time of the letters. */
  readonly nowMs: number
}

const REASONS = {
  rejected: 'Offset rejected by client.',
  'delivery-limit': 'Offset delivery count exceeded the threshold.',
} as const

/** As many batches as it takes. A record that would be too large for any is told of without its key and value. */
export function deadLetterBatches(
  origin: DeadLetterOrigin,
  letters: DeadLetters,
  options: DeadLetterOptions,
): Buffer[] {
  const { originals, maxBatchBytes, nowMs } = options
  const batches: Buffer[] = []
  let builder = new BatchBuilder({ timestamp: nowMs })
  for (let offset = letters.firstOffset; offset <= letters.lastOffset; offset++) {
    let record = letterOf(origin, letters, { offset, original: originals.get(offset) })
    if (HEADER_BYTES + maxSizeOfRecord(record) > maxBatchBytes) record = letterOf(origin, letters, { offset })
    if (builder.count > 0 && builder.sizeInBytes + maxSizeOfRecord(record) > maxBatchBytes) {
      batches.push(builder.build())
      builder = new BatchBuilder({ timestamp: nowMs })
    }
    builder.append(record)
  }
  batches.push(builder.build())
  return batches
}

function letterOf(
  { groupId, topic, partition }: DeadLetterOrigin,
  { deliveryCount, cause }: DeadLetters,
  { offset, original }: { readonly offset: number; readonly original?: Original | undefined },
): RecordInit {
  return {
    key: original?.key ?? null,
    value: original?.value ?? null,
    headers: [
      { key: '__dlq.errors.topic', value: topic },
      { key: '__dlq.errors.partition', value: String(partition) },
      { key: '__dlq.errors.offset', value: String(offset) },
      { key: '__dlq.errors.group', value: groupId },
      { key: '__dlq.errors.delivery.count', value: String(deliveryCount) },
      { key: '__dlq.errors.message', value: REASONS[cause] },
    ],
  }
}
