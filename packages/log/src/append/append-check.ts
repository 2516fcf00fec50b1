/** Decides whether batches may be appended. Changes nothing: neither the log nor the bytes. */
import { baseOffset, ErrorCode, HEADER_BYTES, lastOffsetDelta, nextOffset, sizeInBytes } from '@ottla/protocol'
import type { LogState } from '../log-state.ts'
import { producerBatchAt } from '../producer/batch-view.ts'
import type { AppendOptions, AppendResult } from '../types.ts'

/** Null when they may. The checksum and what only the broker knows (timestamp bounds, keys) were checked before. */
export function checkAppend(state: LogState, records: Buffer, options: AppendOptions): AppendResult | null {
  let pos = 0
  let count = 0
  let expected = state.logEndOffset
  while (pos < records.length) {
    const size = pos + HEADER_BYTES <= records.length ? sizeInBytes(records, pos) : 0
    if (size < HEADER_BYTES || pos + size > records.length || lastOffsetDelta(records, pos) < 0) {
      return rejected(ErrorCode.CORRUPT_MESSAGE, `no whole batch at ${pos} of ${records.length} bytes`)
    }
    if (options.origin === 'replica') {
      const offset = baseOffset(records, pos)
      if (offset < expected) {
        return rejected(ErrorCode.OFFSET_OUT_OF_RANGE, `a batch at ${offset} behind the log's end ${expected}`)
      }
      expected = nextOffset(records, pos)
    } else {
      const refusal = checkBatch(state, records.subarray(pos, pos + size), options)
      if (refusal !== null) return refusal
    }
    pos += size
    count++
  }
  if (count === 0) return rejected(ErrorCode.INVALID_RECORD, 'there is no batch')
  if (count > 1 && options.origin === 'client')
    return rejected(ErrorCode.INVALID_RECORD, `${count} batches in one append`)
  return null
}

function checkBatch(state: LogState, batch: Buffer, options: AppendOptions): AppendResult | null {
  const { config } = state
  if (options.origin !== 'controller' && batch.length > config.maxMessageBytes) {
    const message = `a batch of ${batch.length} bytes, max.message.bytes is ${config.maxMessageBytes}`
    return rejected(ErrorCode.MESSAGE_TOO_LARGE, message)
  }
  if (batch.length > config.segmentBytes) {
    const message = `a batch of ${batch.length} bytes, segment.bytes is ${config.segmentBytes}`
    return rejected(ErrorCode.RECORD_LIST_TOO_LARGE, message)
  }
  const view = producerBatchAt(batch, 0)
  if (view === null) return null
  const check = state.producers.check(view, options)
  if (check.kind === 'ok') return null
  if (check.kind === 'rejected') return check
  const { baseOffset: first, lastOffset, timestampMs } = check.batch
  return { kind: 'duplicate', baseOffset: first, lastOffset, logAppendTimeMs: timestampMs }
}

export function rejected(error: number, message: string): AppendResult & { kind: 'rejected' } {
  return { kind: 'rejected', error, message }
}
