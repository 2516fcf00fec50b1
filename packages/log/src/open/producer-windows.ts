/**
 * A snapshot holds the last batch of each producer, as Kafka's does; the four before it are still in the log. A client that had five
 * in flight when the broker ended sends all of them again, so they are looked up there: in the last bytes before the snapshot.
 */
import { lastOffset } from '@ottla/protocol'
import { readIndexes } from '../index/index-files.ts'
import type { LogState } from '../log-state.ts'
import { producerBatchAt } from '../producer/batch-view.ts'
import { BATCHES_KEPT, type ProducerBatch } from '../producer/producer-entry.ts'
import type { ProducerState } from '../producer/producer-state.ts'
import { scanBatches } from '../segment/batch-scan.ts'
import type { Segment } from '../segment/segment.ts'

/** More than clients have in flight for one partition. */
const LOOK_BACK_BYTES = 4 << 20

/** `producers` are as the snapshot at `snapshotOffset` has them. What cannot be read is left out. */
export async function refillWindows(state: LogState, producers: ProducerState, snapshotOffset: number): Promise<void> {
  const found = new Map<number, ProducerBatch[]>()
  for (const { segment, from } of await lastBytesBefore(state, snapshotOffset)) {
    await collect(state, { segment, from, upTo: snapshotOffset }, (epoch, id, batch) => {
      if (producers.entry(id)?.producerEpoch !== epoch) return
      const batches = found.get(id) ?? []
      batches.push(batch)
      found.set(id, batches.slice(-BATCHES_KEPT))
    })
  }
  for (const [id, batches] of found) producers.recall(id, batches)
}

interface Stretch {
  readonly segment: Segment
  /** Where a batch begins. */
  readonly from: number
}

/** The segments that hold the last bytes before the offset, oldest first. */
async function lastBytesBefore(state: LogState, offset: number): Promise<Stretch[]> {
  const stretches: Stretch[] = []
  let left = LOOK_BACK_BYTES
  for (const segment of [...state.segments.values()].reverse()) {
    if (segment.baseOffset >= offset || segment.writtenBytes === 0) continue
    const from = segment.writtenBytes <= left ? 0 : await indexedPosition(state, segment, segment.writtenBytes - left)
    if (from < 0) break
    stretches.unshift({ segment, from })
    left -= segment.writtenBytes
    if (left <= 0) break
  }
  return stretches
}

/** The position of the first batch in the index at or behind `position`; -1 without one. */
async function indexedPosition(state: LogState, segment: Segment, position: number): Promise<number> {
  const indexes = segment.indexes ?? (await readIndexes(state.resources.env.files, segment))
  const offsets = indexes?.offset
  for (let i = 0; i < (offsets?.count ?? 0); i++)
    if (offsets!.at(i).position >= position) return offsets!.at(i).position
  return -1
}

async function collect(
  state: LogState,
  { segment, from, upTo }: Stretch & { readonly upTo: number },
  note: (epoch: number, producerId: number, batch: ProducerBatch) => void,
): Promise<void> {
  const { openFiles } = state.resources
  const file = openFiles.take(segment.logPath, 'r')
  try {
    const range = { from, to: segment.writtenBytes, minOffset: segment.baseOffset, checksums: 'trust' as const }
    await scanBatches(file.handle, range, (buf, pos) => {
      if (lastOffset(buf, pos) >= upTo) return false
      const batch = producerBatchAt(buf, pos)
      if (batch !== null && !batch.isControl) note(batch.producerEpoch, batch.producerId, batch)
      return true
    })
  } finally {
    openFiles.giveBack(file)
  }
}
