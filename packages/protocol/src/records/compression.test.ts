import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { nativeZstd } from './codecs/node-zlib.ts'
import { xxh32 } from './codecs/xxh32.ts'
import { compressZstd, decompressZstd } from './codecs/zstd.ts'
import { boundOfZstd, withSmallWindow } from './codecs/zstd-frame.ts'
import { compress, decompress } from './compression.ts'
import { CompressionError } from './compression-error.ts'
import { COMPRESSION_NAMES, CompressionType } from './compression-type.ts'

const MIB = 1024 * 1024

interface Codec {
  readonly name: string
  pack(input: Buffer): Buffer
  unpack(input: Buffer, maxBytes: number): Buffer
}

/** Our own zstd, which only Node 20 uses, is tested on every Node. */
const OWN_ZSTD: Codec = {
  name: 'own zstd',
  pack: (input) => compressZstd(input, undefined, null),
  unpack: (input, maxBytes) => decompressZstd(input, maxBytes, null),
}

const codecs: Codec[] = [
  ...Object.values(CompressionType)
    .filter((type) => type !== CompressionType.none)
    .map((type) => ({
      name: COMPRESSION_NAMES[type],
      pack: (input: Buffer) => compress(type, input),
      unpack: (input: Buffer, maxBytes: number) => decompress(type, input, { maxBytes }),
    })),
  OWN_ZSTD,
]

/** Text with repeats far and near, like the records of a topic. */
function text(bytes: number): Buffer {
  const lines: string[] = []
  for (let i = 0, size = 0; size < bytes; i++) {
    const line = `{"id":${i},"user":"user-${(i * 7919) % 1000}","event":"${['click', 'view', 'buy'][i % 3]}","amount":${(i * 31) % 10007}}\n`
    lines.push(line)
    size += line.length
  }
  return Buffer.from(lines.join('')).subarray(0, bytes)
}

/** Bytes that do not compress. */
function noise(bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  for (let i = 0, state = 1; i < bytes; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    buffer[i] = state >>> 16
  }
  return buffer
}

const SIZES = [
  0, 1, 2, 3, 4, 5, 12, 13, 16, 17, 63, 64, 65, 255, 256, 257, 1000, 4096, 32767, 32768, 65535, 65536, 65537,
]
const LARGE_SIZES = [131071, 131072, 131073, 300_000, 1_200_000]

/** What repeats, one way or another. */
const compressible = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 12 }), fc.integer({ min: 1, max: 300 })), { maxLength: 40 })
  .map((parts) => Buffer.concat(parts.flatMap(([bytes, times]) => new Array<Uint8Array>(times).fill(bytes))))

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  compressible,
)

function assertRefused(run: () => unknown, code: string): void {
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof CompressionError, String(error))
    assert.equal(error.code, code, error.message)
    return true
  })
}

/** Runs `run`, and checks that it takes no more than a megabyte of buffers. */
function assertAllocatesLittle(run: () => void): void {
  const before = process.memoryUsage().arrayBuffers
  run()
  assert.ok(process.memoryUsage().arrayBuffers - before < MIB, 'allocated more than a megabyte')
}

describe('compress and decompress', () => {
  for (const { name, pack, unpack } of codecs) {
    it(`${name}: text, noise and runs of every size around the limits come back`, () => {
      for (const size of [...SIZES, ...LARGE_SIZES]) {
        for (const input of [text(size), noise(size), Buffer.alloc(size, 7)]) {
          const packed = pack(input)
          assert.ok(unpack(packed, size).equals(input), `${size} bytes`)
          assert.ok(packed.length <= size + (size >> 6) + 64, `${size} bytes became ${packed.length}`)
        }
      }
    })

    it(`${name}: text gets much smaller`, () => {
      assert.ok(pack(text(100_000)).length < 40_000)
    })

    it(`${name}: any bytes come back`, () => {
      fc.assert(
        fc.property(anyBytes, (input) => {
          assert.ok(unpack(pack(input), input.length).equals(input))
        }),
        { numRuns: 150 },
      )
    })

    it(`${name}: the limit is kept to the byte`, () => {
      const input = text(50_000)
      const packed = pack(input)
      assert.equal(unpack(packed, 50_000).length, 50_000)
      assertRefused(() => unpack(packed, 49_999), 'TOO_LARGE')
      assertRefused(() => unpack(packed, 10), 'TOO_LARGE')
    })

    it(`${name}: nothing of what is cut short is given out`, () => {
      const packed = pack(text(3000))
      for (let length = 0; length < packed.length; length += 7) {
        assertRefused(() => unpack(packed.subarray(0, length), 10_000), 'MALFORMED')
      }
    })

    it(`${name}: changed bytes unpack within the limit or are refused, never anything else`, () => {
      fc.assert(
        fc.property(
          anyBytes,
          fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
          (input, changes) => {
            const packed = Buffer.from(pack(input))
            for (const [at, value] of changes) packed[at % packed.length] = value
            assertRefusedOrBounded(() => unpack(packed, 20_000), 20_000)
          },
        ),
        { numRuns: 400 },
      )
    })

    it(`${name}: bytes that are nothing are refused or unpack within the limit`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
          assertRefusedOrBounded(() => unpack(Buffer.from(bytes), 5000), 5000)
        }),
        { numRuns: 200 },
      )
    })
  }

  it('the zstd of the runtime, where it has one, and our own read each other at all levels', () => {
    const native = nativeZstd()
    for (const input of [text(100), text(5000), text(400_000), noise(1000), Buffer.alloc(200_000, 65)]) {
      const own = compressZstd(input, undefined, null)
      assert.ok(decompressZstd(own, input.length).equals(input))
      for (const level of native === null ? [] : [-50, -1, 1, 3, 6, 12, 19, 22]) {
        assert.ok(
          decompressZstd(compressZstd(input, level, native), input.length, null).equals(input),
          `level ${level}`,
        )
      }
    }
  })

  it('none gives the bytes themselves', () => {
    const input = text(10)
    assert.equal(compress(CompressionType.none, input), input)
    assert.equal(decompress(CompressionType.none, input, { maxBytes: 0 }), input)
  })

  it('a number that is no codec is refused', () => {
    for (const type of [5, 6, 7]) assertRefused(() => decompress(type, text(10), { maxBytes: 100 }), 'UNSUPPORTED')
  })

  it('a view into a larger buffer is packed and unpacked alone', () => {
    for (const { pack, unpack } of codecs) {
      const around = Buffer.concat([noise(37), text(5000), noise(41)])
      const packed = pack(around.subarray(37, 5037))
      const shifted = Buffer.concat([noise(5), packed, noise(9)]).subarray(5, 5 + packed.length)
      assert.ok(unpack(shifted, 5000).equals(text(5000)))
    }
  })
})

function assertRefusedOrBounded(run: () => Buffer, maxBytes: number): void {
  try {
    assert.ok(run().length <= maxBytes)
  } catch (error) {
    assert.ok(error instanceof CompressionError, String((error as Error).stack))
  }
}

describe('xxh32', () => {
  it('gives the published values', () => {
    assert.equal(xxh32(Buffer.from(''), 0, 0), 0x02cc5d05)
    assert.equal(xxh32(Buffer.from('abc'), 0, 3), 0x32d153ff)
    assert.equal(xxh32(Buffer.from('xxNobody inspects the spammish repetition'), 2, 41), 0xe2293b2f)
  })
})

describe('decompression bombs', () => {
  const unpackSnappy = (bytes: Buffer, maxBytes = MIB) => decompress(CompressionType.snappy, bytes, { maxBytes })
  const unpackLz4 = (bytes: Buffer, maxBytes = MIB) => decompress(CompressionType.lz4, bytes, { maxBytes })
  const unpackZstd = (bytes: Buffer, maxBytes = MIB) => {
    // Both must refuse; the one that the runtime has is what users get.
    assert.throws(() => OWN_ZSTD.unpack(bytes, maxBytes), CompressionError)
    return decompress(CompressionType.zstd, bytes, { maxBytes })
  }
  const XERIAL = Buffer.from('82534e41505059000000000100000001', 'hex')

  it('snappy: a chunk of 0x7fffffff bytes, of -1, or of more than is there, is refused without allocating', () => {
    assertAllocatesLittle(() => {
      for (const length of ['7fffffff', 'ffffffff', '80000000', '00000010']) {
        assertRefused(
          () => unpackSnappy(Buffer.concat([XERIAL, Buffer.from(length, 'hex'), Buffer.alloc(8)])),
          'MALFORMED',
        )
      }
      assertRefused(() => unpackSnappy(XERIAL.subarray(0, 12)), 'MALFORMED')
    })
  })

  it('snappy: a block that claims four gigabytes in ten bytes is refused without allocating', () => {
    const block = Buffer.from('ffffffff0f00010203', 'hex')
    const length = Buffer.from('00000009', 'hex')
    assertAllocatesLittle(() => {
      assertRefused(() => unpackSnappy(block, 2 ** 33), 'MALFORMED')
      assertRefused(() => unpackSnappy(Buffer.concat([XERIAL, length, block]), 2 ** 33), 'MALFORMED')
    })
  })

  it('snappy: many chunks that are small each are refused by their sum, before the first is unpacked', () => {
    const packed = compress(CompressionType.snappy, Buffer.alloc(32 * 1024))
    const chunks = new Array<Buffer>(2000).fill(packed.subarray(16))
    assertAllocatesLittle(() => {
      const bomb = Buffer.concat([XERIAL, ...chunks.slice(0, 100)])
      assertRefused(() => unpackSnappy(bomb), 'TOO_LARGE')
    })
  })

  it('lz4: a frame that claims a terabyte is refused without allocating', () => {
    const descriptor = Buffer.from('6870' + '0000000000010000', 'hex')
    const frame = Buffer.concat([
      Buffer.from('04224d18', 'hex'),
      descriptor,
      Buffer.from([(xxh32(descriptor, 0, descriptor.length) >>> 8) & 0xff]),
      Buffer.from('050000001061000000', 'hex'),
      Buffer.alloc(4),
    ])
    assertAllocatesLittle(() => assertRefused(() => unpackLz4(frame, 2 ** 31), 'TOO_LARGE'))
  })

  it('lz4: a block that is longer than the frame, or than a block may be, is refused without allocating', () => {
    assertAllocatesLittle(() => {
      for (const length of ['ffffff7f', 'ffffffff', '00000180', '01000100']) {
        const frame = Buffer.concat([
          Buffer.from('04224d18604082', 'hex'),
          Buffer.from(length, 'hex'),
          Buffer.alloc(100),
        ])
        assertRefused(() => unpackLz4(frame, 2 ** 31), 'MALFORMED')
      }
    })
  })

  it('lz4: a small frame that unpacks to much is stopped at the limit', () => {
    const bomb = compress(CompressionType.lz4, Buffer.alloc(20 * MIB))
    assert.ok(bomb.length < 100_000)
    assertAllocatesLittle(() => assertRefused(() => unpackLz4(bomb, 100_000), 'TOO_LARGE'))
  })

  it('lz4: dictionaries are not supported, old versions and wrong checksums are refused', () => {
    const withDescriptor = (hex: string) => {
      const descriptor = Buffer.from(hex, 'hex')
      const checksum = Buffer.from([(xxh32(descriptor, 0, descriptor.length) >>> 8) & 0xff])
      return Buffer.concat([Buffer.from('04224d18', 'hex'), descriptor, checksum, Buffer.alloc(4)])
    }
    assertRefused(() => unpackLz4(withDescriptor('614000000000')), 'UNSUPPORTED')
    assertRefused(() => unpackLz4(withDescriptor('2040')), 'MALFORMED')
    assertRefused(() => unpackLz4(withDescriptor('6030')), 'MALFORMED')
    assertRefused(() => unpackLz4(Buffer.from('04224d1860408300000000', 'hex')), 'MALFORMED')
    assert.equal(unpackLz4(withDescriptor('6040')).length, 0)
  })

  it('lz4: linked blocks, checksums of blocks and content, and skippable frames are read', () => {
    const uint32 = (value: number) => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32LE(value)
      return bytes
    }
    const checksum = (bytes: Buffer) => uint32(xxh32(bytes, 0, bytes.length))
    const block = (bytes: Buffer) => Buffer.concat([uint32(bytes.length), bytes, checksum(bytes)])
    const expected = Buffer.from('abcdXbcdXbcdfghij')
    const frame = Buffer.concat([
      Buffer.from('502a4d1803000000aabbcc', 'hex'),
      Buffer.from('04224d185440', 'hex'),
      Buffer.from([(xxh32(Buffer.from('5440', 'hex'), 0, 2) >>> 8) & 0xff]),
      block(Buffer.from('\x40abcd', 'latin1')),
      // One literal, seven bytes from four before (in the block before), five literals.
      block(Buffer.from('\x13X\x04\x00\x50fghij', 'latin1')),
      uint32(0),
      checksum(expected),
    ])
    assert.equal(unpackLz4(frame).toString(), expected.toString())
    for (const at of [frame.length - 1, frame.length - 9, 20]) {
      const damaged = Buffer.from(frame)
      damaged[at]! ^= 1
      assertRefused(() => unpackLz4(damaged), 'MALFORMED')
    }
  })

  it('zstd: a frame that claims an exabyte is refused without allocating', () => {
    // Single segment, eight bytes of content size, one raw block of no bytes.
    const frame = Buffer.from('28b52ffde0' + '0000000000000010' + '010000', 'hex')
    assertAllocatesLittle(() => assertRefused(() => unpackZstd(frame, 2 ** 31), 'MALFORMED'))
  })

  it('zstd: a thousand blocks of one repeated byte are refused by their sum, before the first is unpacked', () => {
    // Window of 128 KB, no content size; each block is 128 KB of zeros in four bytes.
    const block = Buffer.from('02001000', 'hex')
    const blocks = new Array<Buffer>(1000).fill(block)
    const frame = Buffer.concat([Buffer.from('28b52ffd0038', 'hex'), ...blocks, Buffer.from('010000', 'hex')])
    assertAllocatesLittle(() => assertRefused(() => unpackZstd(frame), 'TOO_LARGE'))
    assert.equal(OWN_ZSTD.unpack(frame, 200 * MIB).length, 125 * MIB)
  })

  it('zstd: a window of two gigabytes and more is not allocated', () => {
    // The largest window that the format has, around five bytes.
    const frame = Buffer.from('28b52ffd00ff' + '290000' + '68656c6c6f', 'hex')
    const small = withSmallWindow(frame, boundOfZstd(frame).most)
    assert.equal(small[5], 0x38)
    assertAllocatesLittle(() => {
      assert.equal(decompress(CompressionType.zstd, frame, { maxBytes: 5 }).toString(), 'hello')
      assert.equal(OWN_ZSTD.unpack(frame, 5).toString(), 'hello')
    })
  })

  it('zstd: a small frame that unpacks to much is stopped at the limit', () => {
    const bomb = OWN_ZSTD.pack(Buffer.alloc(20 * MIB))
    assert.ok(bomb.length < 10_000)
    assertAllocatesLittle(() => assertRefused(() => unpackZstd(bomb, 100_000), 'TOO_LARGE'))
  })

  it('zstd: dictionaries are not supported', () => {
    assertRefused(() => unpackZstd(Buffer.from('28b52ffd01' + '38' + '07' + '010000', 'hex')), 'UNSUPPORTED')
  })

  it('gzip: a small stream that unpacks to much is stopped at the limit', () => {
    const bomb = gzipSync(Buffer.alloc(50 * MIB))
    const before = process.memoryUsage().arrayBuffers
    assertRefused(() => decompress(CompressionType.gzip, bomb, { maxBytes: MIB }), 'TOO_LARGE')
    assert.ok(process.memoryUsage().arrayBuffers - before < 3 * MIB)
  })

  it('gzip: a stream that lies about its size is unpacked all the same', () => {
    const packed = gzipSync(text(1000))
    packed.writeUInt32LE(0xffffffff, packed.length - 4)
    assertAllocatesLittle(() => {
      assertRefused(() => decompress(CompressionType.gzip, packed, { maxBytes: 2 ** 31 }), 'MALFORMED')
    })
  })

  it('gzip: a last member of no size hides nothing of what stands before it', () => {
    const packed = Buffer.concat([gzipSync(Buffer.alloc(16 * MIB)), gzipSync(Buffer.alloc(0))])
    assert.equal(decompress(CompressionType.gzip, packed, { maxBytes: 16 * MIB }).length, 16 * MIB)
    assertRefused(() => decompress(CompressionType.gzip, packed, { maxBytes: MIB }), 'TOO_LARGE')
  })

  it('gzip: several members in a row are one content', () => {
    const packed = Buffer.concat([gzipSync(text(1000)), gzipSync(text(10))])
    assert.equal(decompress(CompressionType.gzip, packed, { maxBytes: 2000 }).length, 1010)
    assertRefused(() => decompress(CompressionType.gzip, packed, { maxBytes: 1009 }), 'TOO_LARGE')
  })
})
