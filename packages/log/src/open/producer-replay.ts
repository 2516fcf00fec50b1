/** Brings producer state to a given offset: from the newest snapshot below it, then from the batches since. */
import { baseOffset } from '@ottla/protocol'
import { readIfPresent, removeIfPresent } from '../index/index-files.ts'
import { LogError } from '../log-error.ts'
import type { LogState } from '../log-state.ts'
import { producerBatchAt } from '../producer/batch-view.ts'
import { decodeProducerSnapshot } from '../producer/producer-snapshot.ts'
import type { ProducerState } from '../producer/producer-state.ts'
import { scanBatches } from '../segment/batch-scan.ts'
import { fileName, SNAPSHOT_SUFFIX } from '../segment/file-names.ts'
import { refillWindows } from './producer-windows.ts'

/** `snapshots`: offsets of the snapshots in the folder, ascending. A damaged one is removed and the next older used. */
export async function loadProducers(
  state: LogState,
  producers: ProducerState,
  upTo: number,
  snapshots: readonly number[],
): Promise<void> {
  const { files } = state.resources.env
  producers.clear()
  let from = state.segments.first.baseOffset
  for (const offset of snapshots.filter((each) => each <= upTo).reverse()) {
    const path = `${state.path}/${fileName(offset, SNAPSHOT_SUFFIX)}`
    const content = await readIfPresent(files, path)
    const entries = content === null ? null : decodeProducerSnapshot(content)
    if (entries === null) {
      await removeIfPresent(files, path)
      continue
    }
    producers.load(entries)
    if (entries.length > 0) await refillWindows(state, producers, offset)
    from = Math.max(from, offset)
    break
  }
  await replayProducers(state, producers, from, upTo)
}

/** Applies the batches in [from, upTo), which are on disk and were found good. */
async function replayProducers(state: LogState, producers: ProducerState, from: number, upTo: number): Promise<void> {
  const { openFiles } = state.resources
  for (const segment of [...state.segments.values()]) {
    const next = state.segments.after(segment)
    if (segment.baseOffset >= upTo) break
    if (segment.writtenBytes === 0 || (next !== undefined && next.baseOffset <= from)) continue
    const file = openFiles.take(segment.logPath, 'r')
    try {
      const range = { from: 0, to: segment.writtenBytes, minOffset: segment.baseOffset, checksums: 'trust' as const }
      const result = await scanBatches(file.handle, range, (buf, pos) => {
        const offset = baseOffset(buf, pos)
        if (offset >= upTo) return false
        const batch = offset < from ? null : producerBatchAt(buf, pos)
        if (batch !== null) producers.apply(batch)
        return true
      })
      if (result.fault !== null) {
        throw new LogError('CORRUPT', `${segment.logPath} is damaged at ${result.position}: ${result.fault}`)
      }
    } finally {
      openFiles.giveBack(file)
    }
  }
}
