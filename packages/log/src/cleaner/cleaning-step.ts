/**
 * Work on batches is written as generators without I/O. Where they have held the event loop long enough, or have something to unpack or
 * pack that another thread can do, they hand that out; this drives them.
 */
import type { Env } from '@ottla/env'
import { PoolError } from '@ottla/env'
import {
  COMPRESSION_NAMES,
  CompressionType,
  compress,
  compressionOf,
  DEFAULT_MAX_DECOMPRESSED_BYTES,
  decompress,
  HEADER_BYTES,
  RecordCursor,
  sizeInBytes,
} from '@ottla/protocol'
import type { WorkSlices } from './work-slices.ts'

export type CleaningStep =
  | { readonly kind: 'rest' }
  | { readonly kind: 'unpack' | 'pack'; readonly type: number; readonly bytes: Buffer }

/** Gets the bytes that a step was for; nothing after a rest. */
export type CleaningWork<T> = Generator<CleaningStep, T, Buffer | undefined>

export const REST: CleaningStep = { kind: 'rest' }

/** Records between two looks at the clock. */
export const RECORDS_PER_LOOK = 64
/** Less than this is not worth a trip to another thread. */
const POOL_MIN_BYTES = 16 << 10

export async function drive<T>(env: Env, slices: WorkSlices, work: CleaningWork<T>): Promise<T> {
  let given: Buffer | undefined
  for (;;) {
    const step = work.next(given)
    if (step.done === true) return step.value
    given = undefined
    if (step.value.kind === 'rest') await slices.rest()
    else {
      slices.ended()
      given = await elsewhere(env, step.value)
      slices.began()
    }
  }
}

/** A cursor before the first record of the batch at `pos`. */
export function* cursorOver(buf: Buffer, pos: number): CleaningWork<RecordCursor> {
  const type = compressionOf(buf, pos)
  const size = sizeInBytes(buf, pos)
  if (!isForPool(type, size)) {
    if (type === CompressionType.none || size < POOL_MIN_BYTES) return new RecordCursor(buf, pos)
    // A codec that works here only takes a slice of its own.
    yield REST
    const cursor = new RecordCursor(buf, pos)
    yield REST
    return cursor
  }
  const unpacked = yield { kind: 'unpack', type, bytes: buf.subarray(pos + HEADER_BYTES, pos + size) }
  return new RecordCursor(buf, pos, unpacked === undefined ? {} : { unpacked })
}

/** Packs records by a codec. */
export function* packed(type: number, bytes: Buffer): CleaningWork<Buffer> {
  if (isForPool(type, bytes.length)) {
    const result = yield { kind: 'pack', type, bytes }
    if (result !== undefined) return result
  }
  if (bytes.length < POOL_MIN_BYTES) return compress(type as CompressionType, bytes)
  yield REST
  const result = compress(type as CompressionType, bytes)
  yield REST
  return result
}

/** The codecs that other threads know. */
function isForPool(type: number, bytes: number): boolean {
  return bytes >= POOL_MIN_BYTES && (type === CompressionType.gzip || type === CompressionType.zstd)
}

/** Undefined where no other thread knows how: then it is done in place. */
async function elsewhere(env: Env, step: CleaningStep & { kind: 'unpack' | 'pack' }): Promise<Buffer | undefined> {
  const codec = COMPRESSION_NAMES[step.type as CompressionType]
  try {
    return step.kind === 'pack'
      ? await env.pool.run(`${codec}.compress`, step.bytes)
      : await env.pool.run(`${codec}.decompress`, step.bytes, { maxBytes: DEFAULT_MAX_DECOMPRESSED_BYTES })
  } catch (error) {
    if (error instanceof PoolError) return undefined
    // In place once more, for an error that says what is wrong with the batch.
    return step.kind === 'pack'
      ? compress(step.type as CompressionType, step.bytes)
      : decompress(step.type, step.bytes, { maxBytes: DEFAULT_MAX_DECOMPRESSED_BYTES })
  }
}
