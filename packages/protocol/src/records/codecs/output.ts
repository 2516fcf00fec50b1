/**
 * The output of a codec, and the copies into and inside of it. Short runs take a loop, since a call into the runtime costs about as
 * much as copying a hundred bytes.
 *
 * An output has {@link SLACK_BYTES} more bytes than it may be filled with: copies of whole words write beyond their end.
 */

const SLACK_BYTES = 16
const CALL_FROM_BYTES = 192
/** Outputs up to this size share one buffer, from which what was written is copied: how much it will be is not known before. */
const SHARED_BYTES = 256 * 1024

/** A buffer and the view over it, made once per call of a codec. */
export interface Source {
  readonly buffer: Uint8Array
  readonly view: DataView
}

export interface Output extends Source {
  readonly buffer: Buffer
  /** Where the next byte goes. */
  position: number
}

export function sourceOf(buffer: Uint8Array): Source {
  return { buffer, view: new DataView(buffer.buffer, buffer.byteOffset, buffer.length) }
}

/** An output of `bytes` usable bytes. */
export function outputOf(bytes: number): Output {
  const buffer = Buffer.allocUnsafeSlow(bytes + SLACK_BYTES)
  return { buffer, view: new DataView(buffer.buffer, buffer.byteOffset, buffer.length), position: 0 }
}

let shared: Output | undefined

/** An output of at least `bytes` usable bytes whose content goes out by {@link finishOutput}, before the next one is asked for. */
export function passingOutput(bytes: number): Output {
  if (bytes > SHARED_BYTES) return outputOf(bytes)
  shared ??= outputOf(SHARED_BYTES)
  shared.position = 0
  return shared
}

/** Gives memory for a result, exactly so many bytes. */
export type ResultMemory = (bytes: number) => Buffer

/** What was written; a copy where the output is shared, or most of it was not used: few bytes should not hold many. The copy goes into `memory`, if given. */
export function finishOutput(output: Output, memory?: ResultMemory): Buffer {
  const used = output.buffer.subarray(0, output.position)
  if (output !== shared && output.position * 2 >= output.buffer.length) return used
  if (memory === undefined) return Buffer.from(used)
  const copy = memory(used.length)
  copy.set(used)
  return copy
}

/** As {@link finishOutput}, behind `headroom` bytes for the caller. */
export function finishBehind(output: Output, headroom: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(headroom + output.position)
  copy.set(output.buffer.subarray(0, output.position), headroom)
  return copy
}

/**
 * V8 moves 64 bits from view to view without making a BigInt from version 13 (Node 24) on: that makes unpacking half as fast again. Before, and in other
 * engines, it takes four times as long as two halves.
 */
const MOVES_64_BITS = Number.parseInt(process.versions.v8 ?? '', 10) >= 13 && process.versions.bun === undefined

/** How far before its target a copy inside of one view must at least begin for {@link copy16} to be right. */
export const COPY_DISTANCE = MOVES_64_BITS ? 8 : 4

/**
 * Copies sixteen bytes without a loop: most runs are no longer, and what is too much is overwritten by what follows. Inside of one view
 * only from {@link COPY_DISTANCE} before or more.
 */
export function copy16(reader: DataView, start: number, writer: DataView, to: number): void {
  if (MOVES_64_BITS) {
    writer.setBigInt64(to, reader.getBigInt64(start, true), true)
    writer.setBigInt64(to + 8, reader.getBigInt64(start + 8, true), true)
    return
  }
  writer.setInt32(to, reader.getInt32(start, true), true)
  writer.setInt32(to + 4, reader.getInt32(start + 4, true), true)
  writer.setInt32(to + 8, reader.getInt32(start + 8, true), true)
  writer.setInt32(to + 12, reader.getInt32(start + 12, true), true)
}

/** Appends `length` bytes of `source` from index `start` on. The caller has checked that they are there, and that they fit. */
export function copyLiterals(source: Source, start: number, length: number, output: Output): void {
  let to = output.position
  const end = to + length
  output.position = end
  const from = source.buffer
  if (length >= CALL_FROM_BYTES) {
    output.buffer.set(from.subarray(start, start + length), to)
    return
  }
  const reader = source.view
  const writer = output.view
  if (length <= 16 && start + 16 <= from.length) {
    copy16(reader, start, writer, to)
    return
  }
  // Whole words while the source has them; the last ones byte by byte, since it may end here.
  for (const last = Math.min(end, to + from.length - start - 3); to < last; to += 4, start += 4) {
    writer.setInt32(to, reader.getInt32(start, true), true)
  }
  const out = output.buffer
  for (; to < end; to++, start++) out[to] = from[start]!
}

/** Appends `length` bytes that lie `distance` bytes back; they may overlap. The caller has checked both. */
export function copyMatch(output: Output, distance: number, length: number): void {
  let to = output.position
  let from = to - distance
  const end = to + length
  output.position = end
  const out = output.buffer
  if (length >= CALL_FROM_BYTES) {
    if (distance >= length) {
      out.copyWithin(to, from, from + length)
      return
    }
    if (distance === 1) {
      out.fill(out[from]!, to, end)
      return
    }
  }
  if (distance >= 4) {
    const view = output.view
    if (length <= 16 && distance >= COPY_DISTANCE) {
      copy16(view, from, view, to)
      return
    }
    for (; to < end; to += 4, from += 4) view.setInt32(to, view.getInt32(from, true), true)
    return
  }
  for (; to < end; to++, from++) out[to] = out[from]!
}

/** How many bytes at `a` and at the earlier `b` are the same, where `a` stops before `end`. */
export function matchLength(view: DataView, a: number, b: number, end: number): number {
  const start = a
  for (const last = end - 4; a <= last; a += 4, b += 4) {
    const difference = view.getInt32(a, true) ^ view.getInt32(b, true)
    if (difference !== 0) return a - start + ((31 - Math.clz32(difference & -difference)) >>> 3)
  }
  while (a < end && view.getUint8(a) === view.getUint8(b)) {
    a++
    b++
  }
  return a - start
}
