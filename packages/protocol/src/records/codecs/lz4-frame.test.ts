import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compressLz4, decompressLz4 } from './lz4-frame.ts'
import { xxh32 } from './xxh32.ts'

const HEADER_BYTES = 7
const BLOCK_BYTES = 64 * 1024
const MIB = 1024 * 1024

interface Sequence {
  readonly literals: Buffer
  /** 0 in the last one of a block. */
  readonly distance: number
  readonly length: number
}

/** The sequences of a block, read as the format says and not as fast as can be. */
function sequencesOf(block: Buffer): Sequence[] {
  const sequences: Sequence[] = []
  let pos = 0
  const lengthFrom = (nibble: number) => {
    let length = nibble
    for (let more = nibble === 15 ? 255 : 0; more === 255; length += more) more = block[pos++]!
    return length
  }
  while (pos < block.length) {
    const token = block[pos++]!
    const count = lengthFrom(token >>> 4)
    const literals = block.subarray(pos, pos + count)
    pos += count
    const isLast = pos === block.length
    const distance = isLast ? 0 : block.readUInt16LE(pos)
    if (!isLast) pos += 2
    sequences.push({ literals, distance, length: isLast ? 0 : lengthFrom(token & 15) + 4 })
  }
  return sequences
}

function lengthBytes(length: number): number[] {
  return length < 15 ? [] : [...new Array<number>(Math.floor((length - 15) / 255)).fill(255), (length - 15) % 255]
}

function blockOf(sequences: readonly Sequence[]): Buffer {
  return Buffer.concat(
    sequences.flatMap(({ literals, distance, length }) => [
      Buffer.from([(Math.min(literals.length, 15) << 4) | (distance === 0 ? 0 : Math.min(length - 4, 15))]),
      Buffer.from(lengthBytes(literals.length)),
      literals,
      Buffer.from(distance === 0 ? [] : [distance & 255, distance >>> 8, ...lengthBytes(length - 4)]),
    ]),
  )
}

/** What sequences unpack to, byte by byte, behind what was before. */
function unpacked(sequences: readonly Sequence[], before: readonly number[] = []): Buffer {
  const bytes = [...before]
  for (const { literals, distance, length } of sequences) {
    bytes.push(...literals)
    for (let i = 0; i < length; i++) bytes.push(bytes[bytes.length - distance]!)
  }
  return Buffer.from(bytes.slice(before.length))
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

/** A frame of blocks with the checksum of its content. `flags` and `size` are the bytes of its descriptor. */
function frameOf(flags: number, size: number, blocks: readonly Buffer[], content: Buffer): Buffer {
  const descriptor = Buffer.from([flags | 0x44, size])
  return Buffer.concat([
    Buffer.from('04224d18', 'hex'),
    descriptor,
    Buffer.from([(xxh32(descriptor, 0, 2) >>> 8) & 0xff]),
    ...blocks.flatMap((block) => [uint32(block.length), block]),
    uint32(0),
    uint32(xxh32(content, 0, content.length)),
  ])
}

const [LINKED, INDEPENDENT] = [0, 0x20]
const [BLOCKS_64_KB, BLOCKS_4_MB] = [0x40, 0x70]

/** Letters of few kinds in pieces that come again. */
const repetitive = fc
  .tuple(
    fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 8 }),
    fc.array(fc.nat(), { maxLength: 400 }),
  )
  .map(([pieces, order]) => Buffer.concat(order.map((index) => pieces[index % pieces.length]!)))

const randomSequences = fc
  .array(
    fc.tuple(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(),
      fc.oneof(fc.integer({ min: 4, max: 40 }), fc.integer({ min: 4, max: 700 })),
    ),
    { maxLength: 40 },
  )
  .map((parts) => {
    const sequences: Sequence[] = []
    let size = 1
    for (const [index, [bytes, back, length]] of parts.entries()) {
      const literals = index === 0 ? Buffer.from([7, ...bytes]) : Buffer.from(bytes)
      size += bytes.length
      // Near ones overlap with themselves.
      sequences.push({ literals, distance: 1 + (back % Math.min(size, back % 2 === 0 ? 40 : size)), length })
      size += length
    }
    return [...sequences, { literals: Buffer.from(parts.length === 0 ? 'xabcde' : 'abcde'), distance: 0, length: 0 }]
  })

describe('blocks of lz4', () => {
  it('packed ones keep the rules of the format for their end, which other decoders rely on', () => {
    fc.assert(
      fc.property(repetitive, (input) => {
        const frame = compressLz4(input)
        if (input.length === 0 || frame.readInt32LE(HEADER_BYTES) < 0) return
        const block = frame.subarray(HEADER_BYTES + 4, HEADER_BYTES + 4 + frame.readInt32LE(HEADER_BYTES))
        const sequences = sequencesOf(block)
        assert.ok(unpacked(sequences).equals(input.subarray(0, BLOCK_BYTES)))
        if (sequences.length === 1) return
        assert.ok(sequences.at(-1)!.literals.length >= 5, 'five literals at the end')
        const { length } = sequences.at(-2)!
        assert.ok(length + sequences.at(-1)!.literals.length >= 12, 'the last match begins twelve bytes before the end')
      }),
      { numRuns: 300 },
    )
  })

  it('one of any sequences is unpacked as the format says, however copies overlap', () => {
    fc.assert(
      fc.property(randomSequences, (sequences) => {
        const content = unpacked(sequences)
        const frame = frameOf(INDEPENDENT, BLOCKS_64_KB, [blockOf(sequences)], content)
        assert.ok(decompressLz4(frame, content.length).equals(content))
        assert.throws(() => decompressLz4(frame, content.length - 1), { code: 'TOO_LARGE' })
      }),
      { numRuns: 300 },
    )
  })

  it('a copy from before the block is refused unless blocks are linked, and one from before the frame always', () => {
    const first = [{ literals: Buffer.from('abcdefgh'), distance: 0, length: 0 }]
    const second = [
      { literals: Buffer.alloc(0), distance: 8, length: 5 },
      { literals: Buffer.from('vwxyz'), distance: 0, length: 0 },
    ]
    const content = Buffer.from('abcdefghabcdevwxyz')
    const blocks = [blockOf(first), blockOf(second)]
    assert.ok(decompressLz4(frameOf(LINKED, BLOCKS_64_KB, blocks, content), 100).equals(content))
    const malformed = { code: 'MALFORMED' }
    assert.throws(() => decompressLz4(frameOf(INDEPENDENT, BLOCKS_64_KB, blocks, content), 100), malformed)
    const alone = frameOf(LINKED, BLOCKS_64_KB, [blockOf(second)], content)
    assert.throws(() => decompressLz4(Buffer.concat([compressLz4(content), alone]), 100), malformed)
  })

  it('sizes around those of blocks come back, packed alone and next to each other', () => {
    const line = Buffer.from('{"order":1,"customer":"street"}')
    for (const blocks of [1, 2, 3]) {
      for (let more = -17; more <= 17; more++) {
        const input = Buffer.alloc(blocks * BLOCK_BYTES + more, line)
        assert.ok(decompressLz4(compressLz4(input), input.length).equals(input), `${input.length} bytes`)
      }
    }
  })
})

describe('frames of lz4', () => {
  it('a block of four megabytes, and many linked ones that are more than the memory of the codec, come back', () => {
    const zeros = (bytes: number) => [
      { literals: Buffer.alloc(1), distance: 1, length: bytes - 6 },
      { literals: Buffer.alloc(5), distance: 0, length: 0 },
    ]
    const back = { literals: Buffer.from('far'), distance: 65_535, length: BLOCK_BYTES - 8 }
    const end = { literals: Buffer.from('ended'), distance: 0, length: 0 }
    const one = Buffer.alloc(4 * MIB)
    assert.ok(decompressLz4(frameOf(INDEPENDENT, BLOCKS_4_MB, [blockOf(zeros(4 * MIB))], one), 4 * MIB).equals(one))

    const first = unpacked([{ literals: Buffer.from('0123456789'), distance: 10, length: BLOCK_BYTES - 15 }, end])
    let previous = [...first]
    const contents = [first]
    for (let i = 0; i < 150; i++) {
      contents.push(unpacked([back, end], previous))
      previous = [...contents.at(-1)!]
    }
    const content = Buffer.concat(contents)
    const blocks = [
      compressLz4(first).subarray(HEADER_BYTES + 4, -4),
      ...contents.slice(1).map(() => blockOf([back, end])),
    ]
    const frame = frameOf(LINKED, BLOCKS_64_KB, blocks, content)
    assert.ok(content.length > 9 * MIB)
    assert.ok(decompressLz4(frame, content.length).equals(content))
    assert.throws(() => decompressLz4(frame, content.length - 1), { code: 'TOO_LARGE' })
    frame[frame.length - 1]! ^= 1
    assert.throws(() => decompressLz4(frame, content.length), { code: 'MALFORMED' })
  })

  it('ten megabytes that pack, that do not, and mixed ones come back', () => {
    const noise = Buffer.alloc(10 * MIB)
    for (let i = 0, state = 1; i < noise.length; i += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0
      noise.writeInt32LE(state ^ (state >>> 15), i)
    }
    const mixed = Buffer.from(noise)
    for (let at = 0; at < mixed.length; at += 300_000) mixed.fill('a line of text', at, at + 150_000)
    for (const input of [noise, mixed, Buffer.alloc(10 * MIB, 'text')]) {
      assert.ok(decompressLz4(compressLz4(input), input.length).equals(input))
    }
  })

  it('what is packed next does not change what was given out', () => {
    const input = Buffer.from('a line of text, a line of text, a line of text')
    const packed = compressLz4(input)
    const copy = Buffer.from(packed)
    const unpackedOnce = decompressLz4(packed, 100)
    compressLz4(Buffer.alloc(100_000, 'other'))
    assert.ok(packed.equals(copy))
    assert.ok(unpackedOnce.equals(input))
  })
})
