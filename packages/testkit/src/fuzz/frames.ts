/** Frames that a broker should survive: random requests of the APIs that it serves, most of them hurt, and what was never meant for it. */
import { type Api, allApis, apiOf } from '@ottla/protocol'
import type { Prng } from '@ottla/stdx'
import { encodeRequest } from '../wire/wire-connection.ts'
import { drawFields, type Subjects } from './request-values.ts'

export interface ServedVersions {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

export interface FrameSource {
  readonly random: Prng
  readonly served: readonly ServedVersions[]
  /** How likely a request is hurt. */
  readonly hurtShare: number
  /** What requests may change as they like. */
  readonly subjects: Subjects
  /** What requests that change nothing may be about as well. */
  readonly kept: Subjects
}

/** Bytes to send; usually one frame with its size in front. */
export type DrawnFrame = { readonly kind: 'valid' | MutationName | 'foreign'; readonly bytes: Buffer }

type MutationName = keyof typeof MUTATIONS

/** Of what is hurt. */
const FOREIGN_SHARE = 0.02
const SIZE_BYTES = 4
const HEAD_BYTES = 12
/** Fetch, ListOffsets, Metadata, OffsetForLeaderEpoch, DescribeConfigs, DescribeTopicPartitions. */
const READING: ReadonlySet<number> = new Set([1, 2, 3, 23, 32, 75])
/** UnregisterBroker takes the broker out of service, as it is meant to: everybody would notice. */
const UNREGISTER_BROKER = 64
const LENGTHS = [-1, -2, 0, 1, 127, 128, 0x7fff, 0x8000, 0xffff, 0x7fffffff, -0x80000000, 0x00ffffff]
const VARINTS = ['ffffffff0f', 'ffffffff7f', 'ffffffffffffffffff01', '80808080808080808080', '00', '01', '8080808008']
const FOREIGN = [
  'GET / HTTP/1.1\r\nHost: broker\r\n\r\n',
  'POST /topics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  '\x15\x03\x01\x00\x02\x02\x46',
  'SSH-2.0-OpenSSH_9.2\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
]

const MUTATIONS = {
  truncated: (random: Prng, frame: Buffer) => resized(frame.subarray(0, random.between(SIZE_BYTES, frame.length))),
  cut: (random: Prng, frame: Buffer) => frame.subarray(0, random.between(1, frame.length)),
  bits: (random: Prng, frame: Buffer) => {
    for (let left = random.between(1, 6); left > 0; left--) {
      const at = random.between(SIZE_BYTES, frame.length - 1)
      frame[at] = frame[at]! ^ (1 << random.below(8))
    }
    return frame
  },
  length16: (random: Prng, frame: Buffer) => {
    frame.writeInt16BE((random.pick(LENGTHS) << 16) >> 16, bodyAt(random, frame, 2))
    return frame
  },
  length32: (random: Prng, frame: Buffer) => {
    frame.writeInt32BE(random.pick(LENGTHS), bodyAt(random, frame, 4))
    return frame
  },
  varint: (random: Prng, frame: Buffer) => {
    const at = bodyAt(random, frame, 1)
    const varint = Buffer.from(random.pick(VARINTS), 'hex')
    return resized(Buffer.concat([frame.subarray(0, at), varint, frame.subarray(at + random.below(2))]))
  },
  doubled: (random: Prng, frame: Buffer) => {
    const at = bodyAt(random, frame, 1)
    const end = random.between(at, frame.length)
    return resized(Buffer.concat([frame.subarray(0, end), frame.subarray(at)]))
  },
  removed: (random: Prng, frame: Buffer) => {
    const at = bodyAt(random, frame, 1)
    return resized(Buffer.concat([frame.subarray(0, at), frame.subarray(random.between(at, frame.length))]))
  },
  longer: (random: Prng, frame: Buffer) => resized(Buffer.concat([frame, random.bytes(random.between(1, 40))])),
  key: (random: Prng, frame: Buffer) => {
    frame.writeInt16BE(random.chance(0.7) ? random.below(allApis().length + 3) : random.below(0x10000) - 0x8000, 4)
    return frame
  },
  version: (random: Prng, frame: Buffer) => {
    frame.writeInt16BE(random.chance(0.7) ? random.below(20) : random.below(0x10000) - 0x8000, 6)
    return frame
  },
  size: (random: Prng, frame: Buffer) => {
    const size = random.chance(0.5) ? random.pick(LENGTHS) : frame.length - SIZE_BYTES + random.between(-9, 9)
    frame.writeInt32BE(size, 0)
    return frame
  },
  garbage: (random: Prng, frame: Buffer) => {
    const at = bodyAt(random, frame, 1)
    random.bytes(frame.length - at).copy(frame, at)
    return frame
  },
}

const MUTATION_NAMES = Object.keys(MUTATIONS) as MutationName[]

/** The next frame. The correlation id is in it, unless that was hurt. */
export function drawFrame(source: FrameSource, correlationId: number): DrawnFrame {
  for (;;) {
    const frame = drawAnyFrame(source, correlationId)
    if (frame.bytes.length < 6 || frame.bytes.readInt16BE(4) !== UNREGISTER_BROKER) return frame
  }
}

function drawAnyFrame(source: FrameSource, correlationId: number): DrawnFrame {
  const { random } = source
  if (random.chance(FOREIGN_SHARE * source.hurtShare)) return { kind: 'foreign', bytes: drawForeign(random) }
  const bytes = drawRequest(source, correlationId)
  if (!random.chance(source.hurtShare)) return { kind: 'valid', bytes }
  const kind = random.pick(MUTATION_NAMES)
  return { kind, bytes: MUTATIONS[kind](random, bytes) }
}

function drawForeign(random: Prng): Buffer {
  return random.chance(0.5) ? Buffer.from(random.pick(FOREIGN), 'latin1') : random.bytes(random.between(1, 200))
}

/** A request as a client might send it. */
function drawRequest({ random, served, subjects, kept }: FrameSource, correlationId: number): Buffer {
  const { apiKey, minVersion, maxVersion } = random.pick(served)
  const api = apiOf(apiKey) as Api
  // Some are advertised from below what the schema knows.
  const version = random.between(Math.max(minVersion, api.requestVersions.min), maxVersion)
  const value = drawFields({ random, version, subjects: READING.has(apiKey) ? kept : subjects }, api.request.fields)
  const clientId = random.pick(['fuzz', '', null])
  return Buffer.from(encodeRequest(api.request, { version, correlationId, clientId }, value))
}

/** Where something in the body, or the header's end, is; room for `bytes` behind it as far as the frame has it. */
function bodyAt(random: Prng, frame: Buffer, bytes: number): number {
  return random.between(Math.min(HEAD_BYTES, frame.length - bytes), frame.length - bytes)
}

/** The size in front made true. */
function resized(frame: Buffer): Buffer {
  const copy = Buffer.from(frame)
  copy.writeInt32BE(copy.length - SIZE_BYTES, 0)
  return copy
}
