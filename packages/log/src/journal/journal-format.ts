/**
 * A record of a folder's journal: a piece of one log's segment, or the word that what came before of a log does not count.
 *
 *   0  magic 'OttJ'          4  version (1 byte)      5  kind (1 byte)     6  length of the topic's name (2 bytes)
 *   8  generation (8 bytes, random): of this pass over the file; what an earlier pass left behind has another
 *  16  sequence (8 bytes): one more than that of the record before, over all files of the journal
 *  24  topic id (16 bytes)  40  partition             44  position in the segment's file
 *  48  base offset of the segment (8 bytes); in a 'void': of the first segment that still counts
 *  56  offset after the last record (8 bytes)
 *  64  length of the bytes  68  CRC-32C of all before it, the name and the bytes
 *  72  the topic's name, then the bytes: whole batches, as they stand in the segment
 */
import { crc32c } from '@ottla/protocol'

export const JOURNAL_VERSION = 1
const JOURNAL_HEADER_BYTES = 72
/** What the header and the name of a topic take at most. */
export const JOURNAL_OVERHEAD_BYTES = JOURNAL_HEADER_BYTES + 255
export const GENERATION_BYTES = 8

const MAGIC = 0x4f74744a
const CRC_AT = 68
const KIND_PIECE = 1
const KIND_VOID = 2

/** Which log: a topic made again under the same name has another id. */
export interface JournalIdentity {
  /** 22-character uuid. */
  readonly topicId: string
  readonly topic: string
  readonly partition: number
}

export interface JournalHeader extends JournalIdentity {
  /** 'piece': bytes of a segment. 'void': nothing before this counts for the log, in segments that begin below `segmentBase`. */
  readonly kind: 'piece' | 'void'
  readonly segmentBase: number
  readonly position: number
  readonly nextOffset: number
}

/** Where a record stands in the journal. */
export interface JournalPlace {
  readonly generation: Buffer
  readonly sequence: number
}

/** The header and name of a record whose bytes are these buffers in a row. */
export function encodeJournalHeader(header: JournalHeader, place: JournalPlace, bytes: readonly Buffer[]): Buffer {
  const name = Buffer.from(header.topic)
  const buf = Buffer.allocUnsafe(JOURNAL_HEADER_BYTES + name.length)
  buf.writeUInt32BE(MAGIC, 0)
  buf.writeUInt8(JOURNAL_VERSION, 4)
  buf.writeUInt8(header.kind === 'piece' ? KIND_PIECE : KIND_VOID, 5)
  buf.writeUInt16BE(name.length, 6)
  place.generation.copy(buf, 8)
  buf.writeDoubleBE(place.sequence, 16)
  buf.write(header.topicId, 24, 16, 'base64url')
  buf.writeInt32BE(header.partition, 40)
  buf.writeUInt32BE(header.position, 44)
  buf.writeDoubleBE(header.segmentBase, 48)
  buf.writeDoubleBE(header.nextOffset, 56)
  let length = 0
  for (const each of bytes) length += each.length
  buf.writeUInt32BE(length, 64)
  name.copy(buf, JOURNAL_HEADER_BYTES)
  let crc = crc32c(buf, JOURNAL_HEADER_BYTES, buf.length, crc32c(buf, 0, CRC_AT))
  for (const each of bytes) crc = crc32c(each, 0, each.length, crc)
  buf.writeUInt32BE(crc, CRC_AT)
  return buf
}

export interface JournalRecord extends JournalHeader, JournalPlace {
  /** Of the bytes, in the buffer that was parsed. */
  readonly bytesAt: number
  readonly length: number
}

/** The record at `pos`; null when there is none, or only a part of one. */
export function parseJournalRecord(buf: Buffer, pos: number): JournalRecord | null {
  if (readJournalVersion(buf, pos) !== JOURNAL_VERSION || pos + JOURNAL_HEADER_BYTES > buf.length) return null
  const nameLength = buf.readUInt16BE(pos + 6)
  const length = buf.readUInt32BE(pos + 64)
  const nameAt = pos + JOURNAL_HEADER_BYTES
  const bytesAt = nameAt + nameLength
  if (bytesAt + length > buf.length) return null
  const kind = buf.readUInt8(pos + 5)
  if (kind !== KIND_PIECE && kind !== KIND_VOID) return null
  const crc = crc32c(buf, nameAt, bytesAt + length, crc32c(buf, pos, pos + CRC_AT))
  if (crc !== buf.readUInt32BE(pos + CRC_AT)) return null
  return {
    kind: kind === KIND_PIECE ? 'piece' : 'void',
    generation: Buffer.from(buf.subarray(pos + 8, pos + 8 + GENERATION_BYTES)),
    sequence: buf.readDoubleBE(pos + 16),
    topicId: buf.toString('base64url', pos + 24, pos + 40),
    topic: buf.toString('utf8', nameAt, bytesAt),
    partition: buf.readInt32BE(pos + 40),
    position: buf.readUInt32BE(pos + 44),
    segmentBase: buf.readDoubleBE(pos + 48),
    nextOffset: buf.readDoubleBE(pos + 56),
    bytesAt,
    length,
  }
}

/** The version of the record that begins at `pos`; null when none does. */
export function readJournalVersion(buf: Buffer, pos: number): number | null {
  return pos + 5 <= buf.length && buf.readUInt32BE(pos) === MAGIC ? buf.readUInt8(pos + 4) : null
}

/**
 * The records of one pass over a file, from its beginning. They end where one does not follow the one before it: torn, of an
 * earlier pass, or never written.
 */
export function* journalRecordsOf(buf: Buffer): IterableIterator<JournalRecord> {
  let previous: JournalRecord | null = null
  for (let pos = 0; ; ) {
    const record = parseJournalRecord(buf, pos)
    if (record === null) return
    if (previous !== null && !follows(previous, record)) return
    yield record
    previous = record
    pos = record.bytesAt + record.length
  }
}

function follows(previous: JournalPlace, next: JournalPlace): boolean {
  return next.sequence === previous.sequence + 1 && next.generation.equals(previous.generation)
}

/** Names a log while the process runs. */
export function journalKey({ topicId, partition }: JournalIdentity): string {
  return `${topicId}/${partition}`
}
