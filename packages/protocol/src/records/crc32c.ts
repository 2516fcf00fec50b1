/**
 * CRC-32C (Castagnoli), the checksum of record batches.
 */

const POLYNOMIAL = 0x82f63b78

/** Sixteen tables of 256 entries in a row: entry n of table t is the CRC of byte n followed by t zero bytes. */
const TABLES = buildTables()

/**
 * CRC-32C of `buf[start, end)` as an unsigned 32-bit number. `seed` is the checksum of what came before, so that
 * `crc32c(b, 0, b.length, crc32c(a))` is the checksum of a and b in a row.
 */
export function crc32c(buf: Uint8Array, start = 0, end = buf.length, seed = 0): number {
  return slicing16(buf, start, end, seed)
}

function slicing16(buf: Uint8Array, start: number, end: number, seed: number): number {
  const t = TABLES
  let crc = ~seed
  let pos = start
  for (const last = end - 16; pos <= last; pos += 16) {
    crc =
      t[0xf00 | (buf[pos]! ^ (crc & 0xff))]! ^
      t[0xe00 | (buf[pos + 1]! ^ ((crc >>> 8) & 0xff))]! ^
      t[0xd00 | (buf[pos + 2]! ^ ((crc >>> 16) & 0xff))]! ^
      t[0xc00 | (buf[pos + 3]! ^ (crc >>> 24))]! ^
      t[0xb00 | buf[pos + 4]!]! ^
      t[0xa00 | buf[pos + 5]!]! ^
      t[0x900 | buf[pos + 6]!]! ^
      t[0x800 | buf[pos + 7]!]! ^
      t[0x700 | buf[pos + 8]!]! ^
      t[0x600 | buf[pos + 9]!]! ^
      t[0x500 | buf[pos + 10]!]! ^
      t[0x400 | buf[pos + 11]!]! ^
      t[0x300 | buf[pos + 12]!]! ^
      t[0x200 | buf[pos + 13]!]! ^
      t[0x100 | buf[pos + 14]!]! ^
      t[buf[pos + 15]!]!
  }
  for (; pos < end; pos++) crc = t[(crc ^ buf[pos]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

function buildTables(): Int32Array {
  const tables = new Int32Array(16 * 256)
  for (let n = 0; n < 256; n++) {
    let crc = n
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    tables[n] = crc
  }
  for (let i = 256; i < tables.length; i++) {
    const previous = tables[i - 256]!
    tables[i] = tables[previous & 0xff]! ^ (previous >>> 8)
  }
  return tables
}
