/** Record batches made once and sent again and again. */
import { BatchBuilder, CompressionType } from '@ottla/protocol'

/** Text that compresses as text does: words of a small vocabulary, from a generator with a seed of its own. */
export function payload(bytes, seed) {
  let state = seed * 2654435761 + 1
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state
  }
  const words = []
  for (let length = 0; length < bytes; ) {
    const word = (next() % 50_000).toString(36)
    words.push(word)
    length += word.length + 1
  }
  return Buffer.from(words.join(' ').slice(0, bytes).padEnd(bytes, '.'))
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
