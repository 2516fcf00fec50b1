/** The segment that a cleaning writes in the place of others: first under names that end in .cleaned. */
import type { FileHandle } from '@ottla/env'
import { writeIndexes } from '../index/index-files.ts'
import { LogError } from '../log-error.ts'
import type { LogState } from '../log-state.ts'
import { newSegmentOptions } from '../open/open-log.ts'
import { CLEANED_SUFFIX } from '../segment/file-names.ts'
import { Segment } from '../segment/segment.ts'

export class CleanedSegment {
  readonly segment: Segment
  readonly #state: LogState
  readonly #handle: FileHandle
  #isOpen = true

  constructor(state: LogState, baseOffset: number) {
    this.#state = state
    this.segment = Segment.create(newSegmentOptions(state, baseOffset))
    this.segment.nameAs(CLEANED_SUFFIX)
    this.#handle = state.resources.env.files.openSync(this.segment.logPath, 'create')
    this.#handle.truncateSync(0)
    this.segment.isCreated = true
  }

  /** Adds whole batches at the end. */
  async write(buffers: readonly Buffer[]): Promise<number> {
    let bytes = 0
    for (const buffer of buffers) bytes += buffer.length
    if (bytes === 0) return 0
    const at = this.segment.writtenBytes
    for (let i = 0, position = at; i < buffers.length; i += BUFFERS_MAX) {
      const some = buffers.slice(i, i + BUFFERS_MAX)
      const wanted = some.reduce((sum, { length }) => sum + length, 0)
      const count = await this.#handle.writev(some, position)
      if (count !== wanted) throw new LogError('WRITE_FAILED', `${this.segment.logPath}: no space left`)
      position += count
    }
    for (const buffer of buffers) this.segment.noteWritten(buffer, this.#state.config.indexIntervalBytes)
    return bytes
  }

  /** Its content and its indexes are on the disk. */
  async finish(): Promise<void> {
    const { segment } = this
    const { files } = this.#state.resources.env
    segment.finishTimeIndex()
    await this.#handle.dataSync()
    this.close()
    for (const path of await writeIndexes(files, segment, segment.indexes!)) {
      const handle = files.openSync(path, 'r+')
      try {
        await handle.dataSync()
      } finally {
        handle.closeSync()
      }
    }
    segment.setSize(segment.writtenBytes)
    segment.state = 'closed'
    segment.isNamed = true
  }

  close(): void {
    if (this.#isOpen) this.#handle.closeSync()
    this.#isOpen = false
  }
}

/** The kernel takes 1024 buffers at once. */
const BUFFERS_MAX = 1024
