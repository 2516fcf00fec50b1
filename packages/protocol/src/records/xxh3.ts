/**
 * XXH3 with 64 bits and no seed, which Kafka takes over the metadata of the topics that a group reads (KIP-1101). It runs once per
 * changed topic, never per record: bigint is fast enough, and the result is opaque bits that nobody computes with.
 */

const SECRET = viewOf(
  Buffer.from(
    'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
      'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8' +
      'fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb17' +
      '0ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
    'hex',
  ),
)

const PRIME32_1 = 0x9e3779b1n
const PRIME32_2 = 0x85ebca77n
const PRIME32_3 = 0xc2b2ae3dn
const PRIME64_1 = 0x9e3779b185ebca87n
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn
const PRIME64_3 = 0x165667b19e3779f9n
const PRIME64_4 = 0x85ebca77c2b2ae63n
const PRIME64_5 = 0x27d4eb2f165667c5n
const PRIME_MX1 = 0x165667919e3779f9n
const PRIME_MX2 = 0x9fb21c651e98df25n

const STRIPE_BYTES = 64
const STRIPES_PER_BLOCK = (SECRET.byteLength - STRIPE_BYTES) / 8
const BLOCK_BYTES = STRIPE_BYTES * STRIPES_PER_BLOCK

/** XXH3-64 of the bytes, as a signed 64-bit number (the way Kafka stores it). */
export function xxh3(bytes: Uint8Array): bigint {
  return BigInt.asIntN(64, hash(viewOf(bytes)))
}

function hash(input: DataView): bigint {
  const length = input.byteLength
  if (length === 0) return avalanche64(secret(56) ^ secret(64))
  if (length < 4) return hash1to3(input)
  if (length <= 8) return hash4to8(input)
  if (length <= 16) return hash9to16(input)
  if (length <= 128) return hash17to128(input)
  return length <= 240 ? hash129to240(input) : hashLong(input)
}

function hash1to3(input: DataView): bigint {
  const length = input.byteLength
  const combined =
    ((input.getUint8(0) << 16) | (input.getUint8(length >> 1) << 24) | input.getUint8(length - 1) | (length << 8)) >>> 0
  const flip = BigInt(SECRET.getUint32(0, true) ^ SECRET.getUint32(4, true)) & 0xffff_ffffn
  return avalanche64(BigInt(combined) ^ flip)
}

function hash4to8(input: DataView): bigint {
  const length = input.byteLength
  const low = BigInt(input.getUint32(0, true))
  const high = BigInt(input.getUint32(length - 4, true))
  let h = secret(8) ^ secret(16) ^ (high + (low << 32n))
  h ^= rotateLeft(h, 49n) ^ rotateLeft(h, 24n)
  h = u64(h * PRIME_MX2)
  h ^= (h >> 35n) + BigInt(length)
  h = u64(h * PRIME_MX2)
  return h ^ (h >> 28n)
}

function hash9to16(input: DataView): bigint {
  const length = input.byteLength
  const low = secret(24) ^ secret(32) ^ input.getBigUint64(0, true)
  const high = secret(40) ^ secret(48) ^ input.getBigUint64(length - 8, true)
  return avalanche(u64(BigInt(length) + swapBytes(low) + high + multiplyFold(low, high)))
}

function hash17to128(input: DataView): bigint {
  const length = input.byteLength
  let h = BigInt(length) * PRIME64_1
  for (let i = (length - 1) >> 5; i >= 0; i--) {
    h += mix16(input, i * 16, i * 32) + mix16(input, length - (i + 1) * 16, i * 32 + 16)
  }
  return avalanche(u64(h))
}

function hash129to240(input: DataView): bigint {
  const length = input.byteLength
  let h = BigInt(length) * PRIME64_1
  for (let i = 0; i < 8; i++) h += mix16(input, i * 16, i * 16)
  h = avalanche(u64(h))
  for (let i = 8; i < length >> 4; i++) h += mix16(input, i * 16, (i - 8) * 16 + 3)
  return avalanche(u64(h + mix16(input, length - 16, 136 - 17)))
}

function hashLong(input: DataView): bigint {
  const lanes = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1]
  const length = input.byteLength
  const blocks = Math.floor((length - 1) / BLOCK_BYTES)
  for (let block = 0; block < blocks; block++) {
    for (let n = 0; n < STRIPES_PER_BLOCK; n++) {
      accumulate(lanes, input, { at: block * BLOCK_BYTES + n * STRIPE_BYTES, secretAt: n * 8 })
    }
    scramble(lanes)
  }
  const done = blocks * BLOCK_BYTES
  const stripes = Math.floor((length - 1 - done) / STRIPE_BYTES)
  for (let n = 0; n < stripes; n++) accumulate(lanes, input, { at: done + n * STRIPE_BYTES, secretAt: n * 8 })
  accumulate(lanes, input, { at: length - STRIPE_BYTES, secretAt: SECRET.byteLength - STRIPE_BYTES - 7 })

  let h = BigInt(length) * PRIME64_1
  for (let i = 0; i < 4; i++) {
    h += multiplyFold(lanes[2 * i]! ^ secret(11 + 16 * i), lanes[2 * i + 1]! ^ secret(11 + 16 * i + 8))
  }
  return avalanche(u64(h))
}

function accumulate(lanes: bigint[], input: DataView, from: { at: number; secretAt: number }): void {
  for (let i = 0; i < 8; i++) {
    const value = input.getBigUint64(from.at + 8 * i, true)
    const keyed = value ^ secret(from.secretAt + 8 * i)
    lanes[i ^ 1] = u64(lanes[i ^ 1]! + value)
    lanes[i] = u64(lanes[i]! + (keyed & 0xffff_ffffn) * (keyed >> 32n))
  }
}

function scramble(lanes: bigint[]): void {
  for (let i = 0; i < 8; i++) {
    const lane = lanes[i]!
    lanes[i] = u64((lane ^ (lane >> 47n) ^ secret(SECRET.byteLength - STRIPE_BYTES + 8 * i)) * PRIME32_1)
  }
}

function mix16(input: DataView, at: number, secretAt: number): bigint {
  return multiplyFold(
    input.getBigUint64(at, true) ^ secret(secretAt),
    input.getBigUint64(at + 8, true) ^ secret(secretAt + 8),
  )
}

/** Upper and lower half of the 128-bit product, xored. */
function multiplyFold(a: bigint, b: bigint): bigint {
  const product = a * b
  return u64(product) ^ (product >> 64n)
}

function avalanche(h: bigint): bigint {
  h = u64((h ^ (h >> 37n)) * PRIME_MX1)
  return h ^ (h >> 32n)
}

function avalanche64(h: bigint): bigint {
  h = u64((h ^ (h >> 33n)) * PRIME64_2)
  h = u64((h ^ (h >> 29n)) * PRIME64_3)
  return h ^ (h >> 32n)
}

function secret(at: number): bigint {
  return SECRET.getBigUint64(at, true)
}

function rotateLeft(h: bigint, bits: bigint): bigint {
  return u64(h << bits) | (h >> (64n - bits))
}

function swapBytes(h: bigint): bigint {
  const scratch = new DataView(new ArrayBuffer(8))
  scratch.setBigUint64(0, h, true)
  return scratch.getBigUint64(0)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function u64(n: bigint): bigint {
  return BigInt.asUintN(64, n)
}
