/** A clean stop: everything is synced, and what spares the next opening a recovery is written. */
import { removeIfPresent, writeIndexes } from './index/index-files.ts'
import type { LogEngine } from './log-engine.ts'
import { listSnapshots } from './open/folder-scan.ts'
import { fileName, SNAPSHOT_SUFFIX } from './segment/file-names.ts'

/** Errors of the file system go up; the engine's own failures are in its state. */
export async function closeCleanly(engine: LogEngine): Promise<void> {
  const { state, writer, sealer, epochFile, syncer } = engine
  await writer.idle()
  if (state.failure !== null) return
  await Promise.all([epochFile.idle(), sealer.idle()])
  // A log that never held anything has nothing to lose: syncing its names takes most of a stop with thousands of new partitions.
  if (!engine.isChanged && state.logEndOffset === 0) return
  const { active } = state.segments
  const { files } = state.resources.env
  if (engine.isChanged && active.indexes !== null) {
    active.finishTimeIndex()
    for (const path of await writeIndexes(files, active, active.indexes)) engine.noteFile(path)
    const snapshot = `${state.path}/${fileName(state.logEndOffset, SNAPSHOT_SUFFIX)}`
    await files.writeFile(snapshot, state.producers.snapshot())
    engine.noteFile(snapshot)
    await dropOldSnapshots(engine)
    syncer.noteFolder(state.path)
  }
  await syncer.settle()
}

/** Kept are those at the bases of segments and at the end. */
async function dropOldSnapshots({ state }: LogEngine): Promise<void> {
  const { files } = state.resources.env
  const kept = new Set(state.segments.values().map((segment) => segment.baseOffset))
  kept.add(state.logEndOffset)
  for (const offset of await listSnapshots(files, state.path)) {
    if (!kept.has(offset)) await removeIfPresent(files, `${state.path}/${fileName(offset, SNAPSHOT_SUFFIX)}`)
  }
}
