/** Record batches made once and sent again and again. */
import { BatchBuilder, CompressionType } from '@ottla/protocol'

const WORDS =
  'account payment order shipped pending declined transfer refund invoice user click view buy amount currency status created updated customer session region europe asia berlin lisbon oslo'.split(
    ' ',
  )

/** Text that compresses as records do, to a third or so: words that come again and numbers that do not, from a generator with a seed of its own. */
export function payload(bytes, seed) {
  let state = seed * 2654435761 + 1
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state >>> 8
  }
  const parts = []
  for (let length = 0; length < bytes; ) {
    const part = parts.length % 4 === 3 ? String(next() % 100_000) : WORDS[next() % WORDS.length]
    parts.push(part)
    length += part.length + 1
  }
  return Buffer.from(parts.join(' ').slice(0, bytes).padEnd(bytes, '.'))
}

/** So many batches of records of so many bytes each. `batchBytes` is their size before compression, at least one record. */
export function batches({ count, recordBytes, batchBytes, codec = 'none', timestamp }) {
  const recordsPerBatch = Math.max(1, Math.floor(batchBytes / recordBytes))
  const made = Array.from({ length: count }, (_, index) => {
    const builder = new BatchBuilder({ compression: CompressionType[codec], timestamp })
    for (let i = 0; i < recordsPerBatch; i += 1)
      builder.append({ value: payload(recordBytes, index * recordsPerBatch + i) })
    return Buffer.from(builder.build())
  })
  return { batches: made, recordsPerBatch }
}
