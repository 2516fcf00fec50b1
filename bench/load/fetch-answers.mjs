/**
 * Understands answers to fetches as they come in, without putting them together: of each batch only the header is looked at, wherever the
 * socket's reads happen to cut it, and all else is passed over. What the kernel copied is not copied again.
 */
import { ErrorCode } from '@ottla/protocol'

/** The version whose fields have fixed places (the next one is flexible). */
export const FETCH_VERSION = 11

/** Bytes that each step needs in one piece. */
const SIZE = { bytes: 4 }
/** correlation id, throttle time, error, session, number of topics */
const HEAD = { bytes: 18 }
const NAME = { bytes: 2 }
const PARTITIONS = { bytes: 4 }
/** index, error, high watermark, last stable offset, log start offset, number of aborted transactions */
const PARTITION = { bytes: 34 }
/** preferred read replica, size of the records */
const RECORDS = { bytes: 8 }
/** Of a batch, as far as its last offset delta. */
const BATCH = { bytes: 27 }
const END = { bytes: 0 }

const ABORTED_BYTES = 16
const BATCH_OVERHEAD = 12
const LAST_OFFSET_DELTA_AT = 23

/** `onBatch(partition, nextOffset, records, bytes)` for each whole batch, `onAnswer(sessionId)` at the end of each answer. */
export class FetchAnswers {
  #step = SIZE
  #carried = Buffer.alloc(HEAD.bytes + PARTITION.bytes)
  #held = 0
  #skip = 0
  #left = 0
  #topics = 0
  #partitions = 0
  #partition = 0
  #session = 0
  #onBatch
  #onAnswer

  constructor({ onBatch, onAnswer }) {
    this.#onBatch = onBatch
    this.#onAnswer = onAnswer
  }

  /** Takes what was read; the memory may be used again afterwards. */
  take(bytes, end) {
    let at = 0
    for (;;) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, end - at)
        this.#skip -= passed
        at += passed
        if (this.#skip > 0) return
      }
      const { bytes: needed } = this.#step
      if (this.#held === 0 && end - at >= needed) {
        at += needed
        this.#advance(bytes, at - needed)
      } else {
        const taken = Math.min(needed - this.#held, end - at)
        bytes.copy(this.#carried, this.#held, at, at + taken)
        this.#held += taken
        at += taken
        if (this.#held < needed) return
        this.#held = 0
        this.#advance(this.#carried, 0)
      }
    }
  }

  #advance(bytes, at) {
    switch (this.#step) {
      case SIZE:
        this.#step = HEAD
        return
      case HEAD:
        expectNone(bytes.readInt16BE(at + 8), 'fetch')
        this.#session = bytes.readInt32BE(at + 10)
        this.#topics = bytes.readInt32BE(at + 14)
        this.#step = this.#topics === 0 ? END : NAME
        return
      case NAME:
        this.#skip = bytes.readInt16BE(at)
        this.#step = PARTITIONS
        return
      case PARTITIONS:
        this.#partitions = bytes.readInt32BE(at)
        this.#step = PARTITION
        return
      case PARTITION:
        this.#partition = bytes.readInt32BE(at)
        expectNone(bytes.readInt16BE(at + 4), `fetch of partition ${this.#partition}`)
        this.#skip = Math.max(0, bytes.readInt32BE(at + 30)) * ABORTED_BYTES
        this.#step = RECORDS
        return
      case RECORDS:
        this.#left = Math.max(0, bytes.readInt32BE(at + 4))
        this.#passBatches()
        return
      case BATCH:
        this.#batch(bytes, at)
        return
      default:
        this.#step = SIZE
        this.#onAnswer(this.#session)
    }
  }

  #batch(bytes, at) {
    const size = BATCH_OVERHEAD + bytes.readInt32BE(at + 8)
    // The last one may be cut: it comes again, whole, from its first record on.
    if (size <= this.#left) {
      const baseOffset = bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
      const records = bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT) + 1
      this.#onBatch(this.#partition, baseOffset + records, records, size)
    }
    const passed = Math.min(size, this.#left)
    this.#skip = passed - BATCH.bytes
    this.#left -= passed
    this.#passBatches()
  }

  /** What comes behind a batch, or in its place. */
  #passBatches() {
    if (this.#left >= BATCH.bytes) {
      this.#step = BATCH
      return
    }
    this.#skip += this.#left
    this.#left = 0
    this.#partitions -= 1
    if (this.#partitions === 0) this.#topics -= 1
    this.#step = this.#partitions > 0 ? PARTITION : this.#topics > 0 ? NAME : END
  }
}

function expectNone(errorCode, what) {
  if (errorCode !== ErrorCode.NONE) throw new Error(`${what}: error ${errorCode}`)
}
