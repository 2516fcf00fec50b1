/**
 * Reads the records of committed offsets while a log is loaded: nearly all that a log of groups holds, a million of them and more.
 * By hand, without an object on the way, and with one text for what many records say alike. What it does not know it leaves to
 * `decodeGroupRecord`.
 *
 * Key types 0 and 1: group, topic, partition. Value versions 1 to 4: offset, leader epoch (3+), metadata, commit time, expiry (1), topic id (tag 0 of 4).
 */
import { ZERO_UUID } from '@ottla/protocol'
import { int64FromParts } from '@ottla/stdx'
import type { CommittedOffset, GroupRecord, Producer } from '../group-record.ts'

type OffsetRecord = Extract<GroupRecord, { kind: 'offset' }>

const KEY_TYPE_MAX = 1
/** Type, two lengths, partition. */
const KEY_BYTES_MIN = 10
const FIRST_VERSION = 1
const LAST_VERSION = 4
const FLEXIBLE_VERSION = 4
const UUID_BYTES = 16
/** A byte of a varint that has no other behind it. */
const ONE_BYTE_VARINT_MAX = 0x7f
const TOPIC_IDS_MAX = 100_000

export class OffsetRecordReader {
  readonly #group = new LastText()
  readonly #topic = new LastText()
  readonly #metadata = new LastText()
  readonly #topicIds = new Map<string, string>()
  #topicIdBytes: Buffer = Buffer.alloc(0)
  #topicId = ZERO_UUID

  /** Undefined when it is no such record, or not as it should be. */
  read(key: Buffer, value: Buffer | null, producer: Producer | undefined): OffsetRecord | undefined {
    if (key.length < KEY_BYTES_MIN || key[0] !== 0 || key[1]! > KEY_TYPE_MAX) return undefined
    const groupEnd = 4 + key.readInt16BE(2)
    if (groupEnd < 4 || groupEnd + 2 > key.length) return undefined
    const topicEnd = groupEnd + 2 + key.readInt16BE(groupEnd)
    if (topicEnd < groupEnd + 2 || topicEnd + 4 !== key.length) return undefined
    let offset: CommittedOffset | null = null
    if (value !== null) {
      const read = this.#readValue(value)
      if (read === undefined) return undefined
      offset = read
    }
    const groupId = this.#group.read(key, 4, groupEnd)
    const topic = this.#topic.read(key, groupEnd + 2, topicEnd)
    const partition = key.readInt32BE(topicEnd)
    if (producer === undefined) return { kind: 'offset', groupId, topic, partition, offset }
    return { kind: 'offset', groupId, topic, partition, offset, producer }
  }

  #readValue(value: Buffer): CommittedOffset | undefined {
    if (value.length < 12) return undefined
    const version = value.readInt16BE(0)
    if (version < FIRST_VERSION || version > LAST_VERSION) return undefined
    const offset = int64At(value, 2)
    const hasEpoch = version >= 3
    const textAt = hasEpoch ? 14 : 10
    const lengthBytes = version >= FLEXIBLE_VERSION ? 1 : 2
    if (textAt + lengthBytes > value.length) return undefined
    const length = version >= FLEXIBLE_VERSION ? value[textAt]! - 1 : value.readInt16BE(textAt)
    if (length < 0 || length >= ONE_BYTE_VARINT_MAX) return undefined
    const end = textAt + lengthBytes + length
    const tail = value.length - end
    let expireTimestampMs = -1
    let topicId = ZERO_UUID
    if (version === 1) {
      if (tail !== 16) return undefined
      expireTimestampMs = int64At(value, end + 8)
    } else if (version < FLEXIBLE_VERSION) {
      if (tail !== 8) return undefined
    } else {
      const read = this.#readTags(value, end + 8)
      if (read === undefined) return undefined
      topicId = read
    }
    return {
      offset,
      leaderEpoch: hasEpoch ? value.readInt32BE(10) : -1,
      metadata: this.#metadata.read(value, end - length, end),
      commitTimestampMs: int64At(value, end),
      expireTimestampMs,
      topicId,
    }
  }

  /** No tag, or tag 0: the topic id. */
  #readTags(value: Buffer, at: number): string | undefined {
    const left = value.length - at
    if (left === 1 && value[at] === 0) return ZERO_UUID
    if (left !== 3 + UUID_BYTES || value[at] !== 1 || value[at + 1] !== 0 || value[at + 2] !== UUID_BYTES)
      return undefined
    if (isSame(this.#topicIdBytes, value, at + 3, value.length)) return this.#topicId
    const bytes = Buffer.from(value.subarray(at + 3))
    const text = bytes.toString('base64url')
    const known = this.#topicIds.get(text)
    if (known === undefined && this.#topicIds.size < TOPIC_IDS_MAX) this.#topicIds.set(text, text)
    this.#topicIdBytes = bytes
    this.#topicId = known ?? text
    return this.#topicId
  }
}

/** Neighbours in a log mostly say the same. */
class LastText {
  #bytes: Buffer = Buffer.alloc(0)
  #text = ''

  read(buffer: Buffer, start: number, end: number): string {
    if (!isSame(this.#bytes, buffer, start, end)) {
      this.#text = buffer.toString('utf8', start, end)
      this.#bytes = Buffer.from(buffer.subarray(start, end))
    }
    return this.#text
  }
}

function isSame(bytes: Buffer, buffer: Buffer, start: number, end: number): boolean {
  if (bytes.length !== end - start) return false
  // From the end: names that are counted up differ there.
  for (let at = bytes.length - 1; at >= 0; at--) if (bytes[at] !== buffer[start + at]) return false
  return true
}

function int64At(buffer: Buffer, at: number): number {
  return int64FromParts(buffer.readInt32BE(at), buffer.readUInt32BE(at + 4))
}
