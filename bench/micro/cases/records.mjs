/** Batches: checksums, checks, walks, compression. */
import {
  BatchBuilder,
  batchesIn,
  CompressionType,
  checkBatch,
  compress,
  crc32c,
  decompress,
  loadNativeCrc32c,
  nextOffset,
  readRecords,
} from '@ottla/protocol'
import { crc32cInTypeScript } from '../../../packages/protocol/dist/records/crc32c.js'
import { batches, payload } from '../../load/batches.mjs'

const KB = 1 << 10
const CODECS = ['gzip', 'snappy', 'lz4', 'zstd']

function checksums() {
  const hasNative = loadNativeCrc32c()
  const sizes = { '100 B': 100, '1 KB': KB, '16 KB': 16 * KB, '1 MB': KB * KB }
  return Object.fromEntries(
    Object.entries(sizes).flatMap(([size, bytes]) => {
      const input = payload(bytes, 1)
      const inTypeScript = [`CRC-32C of ${size}, tables`, { run: () => crc32cInTypeScript(input) }]
      // Small ranges never go to the native code.
      if (!hasNative || bytes < KB) return [inTypeScript]
      return [inTypeScript, [`CRC-32C of ${size}, native`, { run: () => crc32c(input) }]]
    }),
  )
}

function compression() {
  const input = payload(16 * KB, 1)
  return Object.fromEntries(
    CODECS.flatMap((name) => {
      const type = CompressionType[name]
      const packed = compress(type, input)
      return [
        [`compress 16 KB, ${name}`, { run: () => compress(type, input) }],
        [`decompress 16 KB, ${name}`, { run: () => decompress(type, packed, { maxBytes: KB * KB }) }],
      ]
    }),
  )
}

export function records() {
  const [one] = batches({ count: 1, recordBytes: 100, batchBytes: 16 * KB, timestamp: 1 }).batches
  const many = Buffer.concat(batches({ count: 64, recordBytes: 1000, batchBytes: 16 * KB, timestamp: 1 }).batches)
  const value = payload(100, 1)
  return {
    ...checksums(),
    'check a batch of 16 KB': { run: () => checkBatch(one, 0, one.length) },
    'walk the batches of 1 MB': {
      run() {
        let end = 0
        for (const pos of batchesIn(many)) end = nextOffset(many, pos)
        return end
      },
    },
    'read 163 records of 100 B': {
      run() {
        let bytes = 0
        for (const record of readRecords(one)) bytes += record.value.length
        return bytes
      },
    },
    'build a batch of 163 records of 100 B': {
      run() {
        const builder = new BatchBuilder({ timestamp: 1 })
        for (let i = 0; i < 163; i += 1) builder.append({ value })
        return builder.build()
      },
    },
    ...compression(),
  }
}
