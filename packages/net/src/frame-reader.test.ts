import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { SlabPool, type SlabSlice } from '@ottla/stdx'
import fc from 'fast-check'
import { FrameReader, PROOF_BYTES } from './frame-reader.ts'

interface Setup {
  readonly reader: FrameReader
  readonly pool: SlabPool
  readonly frames: SlabSlice[]
  readonly counters: { framesIn: number; bytesCopied: number }
}

interface SetupOptions {
  readonly maxFrameBytes?: number
  readonly sink?: (frame: SlabSlice) => boolean
  readonly admit?: (firstWord: number) => string | null
  readonly grantLarge?: (frameBytes: number) => boolean
}

function setup(options: SetupOptions = {}): Setup {
  const pool = new SlabPool({ poison: true })
  const frames: SlabSlice[] = []
  const counters = { framesIn: 0, bytesCopied: 0 }
  const { sink, maxFrameBytes = 4 * PROOF_BYTES, ...hooks } = options
  const reader = new FrameReader({ pool, maxFrameBytes, minFrameBytes: 8, counters, ...hooks }, (frame) => {
    frames.push(frame)
    return sink?.(frame) ?? true
  })
  return { reader, pool, frames, counters }
}

function framed(body: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

function sizeField(size: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(size)
  return bytes
}

test('frames come out whole however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 8, maxLength: 300 }), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1 }),
      (bodies, cuts) => {
        const { reader, frames } = setup()
        const bytes = Buffer.concat(bodies.map((body) => framed(Buffer.from(body))))
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const chunk = Buffer.from(bytes.subarray(at, at + cuts[turn % cuts.length]!))
          equal(reader.push(chunk), null)
          at += chunk.length
          chunk.fill(0xee)
        }
        deepEqual(
          frames.map(({ buffer }) => Buffer.from(buffer)),
          bodies.map((body) => Buffer.from(body)),
        )
        equal(reader.isInsideFrame, false)
      },
    ),
    { numRuns: 200 },
  )
})

test('the bytes of a frame are copied once', () => {
  const { reader, counters } = setup()
  reader.push(framed(Buffer.alloc(100_000, 1)))
  equal(counters.framesIn, 1)
  equal(counters.bytesCopied <= 100_000, true)
})

test('what is received in the room of a frame is not copied again', () => {
  const { reader, frames, counters } = setup()
  const body = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251))
  const bytes = framed(body)
  equal(reader.room, null)
  equal(reader.push(bytes.subarray(0, 20)), null)
  const copied = counters.bytesCopied
  for (let at = 20; at < 90_000; ) {
    const room: Buffer = reader.room!
    const count = bytes.copy(room, 0, at, Math.min(at + 30_000, 90_000))
    equal(reader.push(room.subarray(0, count)), null)
    at += count
  }
  equal(counters.bytesCopied, copied)
  equal(reader.room, null, 'for so little it is not worth a buffer')
  equal(reader.push(Buffer.concat([bytes.subarray(90_000), framed(body)])), null)
  deepEqual(
    frames.map(({ buffer }) => buffer.equals(body)),
    [true, true],
  )
})

test('a size that is negative, too small or too large ends the connection before anything is allocated', () => {
  for (const [size, reason] of [
    [-1, /negative frame size -1/],
    [-(2 ** 31), /negative/],
    [0, /too small/],
    [3, /too small/],
    [7, /too small/],
    [4 * PROOF_BYTES + 1, /over the limit/],
    [2 ** 31 - 1, /over the limit of/],
  ] as const) {
    const { reader, pool } = setup()
    match(reader.push(sizeField(size)) ?? '', reason)
    equal(pool.counters.slices, 0)
  }
})

test('other protocols are named', () => {
  for (const [bytes, reason] of [
    ['GET / HTTP/1.1\r\n', /HTTP/],
    ['POST /topics', /HTTP/],
    ['PRI * HTTP/2.0', /HTTP/],
    ['SSH-2.0-OpenSSH', /SSH/],
    ['\x16\x03\x01\x02\x00\x01', /TLS client hello/],
    ['\x15\x03\x01\x00\x02\x02', /TLS alert/],
  ] as const) {
    match(setup().reader.push(Buffer.from(bytes, 'latin1')) ?? '', reason)
  }
})

test('key and version are judged before the body is buffered', () => {
  const { reader, pool } = setup({ admit: (word) => (word === 0x00630001 ? 'no such API' : null) })
  const start = Buffer.concat([sizeField(3_000_000), Buffer.from([0, 0x63, 0, 1])])
  equal(reader.push(start), 'no such API')
  equal(pool.counters.slices, 0)
})

test('a claimed size gets its memory only when a part of the frame has come', () => {
  const { reader, pool } = setup()
  reader.push(Buffer.concat([sizeField(4 * PROOF_BYTES), Buffer.alloc(100)]))
  equal(pool.counters.inUseBytes <= PROOF_BYTES, true)
})

test('a large frame waits at its first part until it is granted room', () => {
  let isOpen = false
  const { reader, frames } = setup({ grantLarge: () => isOpen })
  const body = Buffer.alloc(2 * PROOF_BYTES + 17, 7)
  const bytes = framed(body)
  equal(reader.push(bytes.subarray(0, PROOF_BYTES + 5000)), null)
  equal(reader.isStopped, true)
  equal(reader.refusedFrameBytes, body.length)
  isOpen = true
  equal(reader.resume(), null)
  equal(reader.isStopped, false)
  equal(reader.push(bytes.subarray(PROOF_BYTES + 5000)), null)
  equal(frames.length, 1)
  equal(frames[0]!.buffer.equals(body), true)
})

test('a stopped reader keeps what comes and goes on where it was', () => {
  const taken: number[] = []
  let isOpen = false
  const { reader } = setup({
    sink: (frame) => {
      taken.push(frame.buffer[0]!)
      return isOpen
    },
  })
  const bytes = Buffer.concat([1, 2, 3].map((value) => framed(Buffer.alloc(9, value))))
  reader.push(bytes.subarray(0, 20))
  reader.push(bytes.subarray(20))
  deepEqual(taken, [1])
  reader.resume()
  deepEqual(taken, [1, 2])
  isOpen = true
  reader.resume()
  deepEqual(taken, [1, 2, 3])
})

test('closing gives the unfinished frame back', () => {
  const { reader, pool } = setup()
  reader.push(Buffer.concat([sizeField(1000), Buffer.alloc(500)]))
  equal(pool.counters.inUseBytes > 0, true)
  reader.close()
  equal(pool.counters.inUseBytes, 0)
})
