/** Random requests: the fields of a schema walked, each filled with what it may hold, mostly what makes a handler go on. */
import {
  type ArrayField,
  BatchBuilder,
  CompressionType,
  type Field,
  type Fields,
  hasVersion,
  parseVersions,
  type StructField,
  ZERO_UUID,
} from '@ottla/protocol'
import type { Prng } from '@ottla/stdx'

/** What random requests are about. */
export interface Subjects {
  readonly topics: readonly string[]
  readonly groups: readonly string[]
  readonly topicIds: readonly string[]
}

export interface ValueSource {
  readonly random: Prng
  readonly version: number
  readonly subjects: Subjects
}

const ALL = '0+'
const MEMBERS = ['', '', 'member-1', 'member-2']
const PROTOCOLS = ['consumer', 'consumer', 'range', 'connect', '']
const CONFIG_KEYS = [
  'retention.ms',
  'cleanup.policy',
  'max.message.bytes',
  'segment.bytes',
  'compression.type',
  'no.such',
]
const CONFIG_VALUES = ['0', '-1', '1000', '1048576', 'compact', 'delete', 'gzip', 'x', '9223372036854775807']
const NAMES = ['a', '.', '..', '__consumer_offsets', 'ä€😀', 'x'.repeat(250), 'x'.repeat(5000), 'with space', '\0', '']
const INTEGERS = [0, 0, 0, 1, 1, 2, 3, -1, -2, 100]
const CODECS = Object.values(CompressionType)
/** Above it a request may rightly hold its connection for weeks. */
const MAX_WAIT_MS = 2000
const BITS: Partial<Record<Field['kind'], number>> = {
  int8: 8,
  int16: 16,
  uint16: 16,
  int32: 32,
  uint32: 32,
  int64: 53,
}

/** Values for the fields that exist in the version; what is left out has its default. */
export function drawFields(source: ValueSource, fields: Fields): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    if (!hasVersion(parseVersions(field.options.versions ?? ALL), source.version)) continue
    if (source.random.chance(0.05)) continue
    value[name] = drawField(source, name, field)
  }
  return value
}

function drawField(source: ValueSource, name: string, field: Field): unknown {
  const { random, version } = source
  const { nullable } = field.options
  if (nullable !== undefined && hasVersion(parseVersions(nullable), version) && random.chance(0.15)) return null
  switch (field.kind) {
    case 'struct':
      return drawFields(source, (field as StructField<Fields>).fields)
    case 'array':
      return Array.from({ length: drawCount(random) }, () =>
        drawField(source, name, (field as ArrayField<Field>).element),
      )
    case 'bool':
      return random.chance(0.5)
    case 'string':
      return drawString(source, name)
    case 'bytes':
      return random.bytes(random.below(60))
    case 'records':
      return drawRecords(random)
    case 'uuid':
      return random.pick([ZERO_UUID, random.bytes(16).toString('base64url'), ...source.subjects.topicIds])
    case 'float64':
      return random.pick([0, -1, Number.NaN, Number.MAX_VALUE])
    case 'int64bits':
      return BigInt(random.uint32())
    default:
      return drawInteger(random, name, field)
  }
}

function drawCount(random: Prng): number {
  return random.chance(0.01) ? random.below(40) : random.pick([0, 1, 1, 1, 2, 3])
}

function drawString({ random, subjects }: ValueSource, name: string): string {
  if (random.chance(0.03)) return random.pick(NAMES)
  const lower = name.toLowerCase()
  if (lower.includes('group') || lower.includes('key')) return random.pick(subjects.groups)
  if (lower.includes('member')) return random.pick(MEMBERS)
  if (lower.includes('protocol')) return random.pick(PROTOCOLS)
  if (lower.includes('config')) return random.pick(CONFIG_KEYS)
  if (lower === 'value') return random.pick(CONFIG_VALUES)
  if (lower === 'name' && random.chance(0.2)) return random.pick([...CONFIG_KEYS, ...PROTOCOLS])
  if (lower.includes('topic') || lower.includes('name')) return random.pick(subjects.topics)
  return random.pick([...subjects.topics, ...subjects.groups, 'text'])
}

function drawInteger(random: Prng, name: string, { kind }: Field): number {
  const isWait = /timeout|wait|Ms$/i.test(name)
  const isCount = /count|numPartitions|replicationFactor/i.test(name)
  if (isCount) return random.pick([-1, 0, 1, 1, 1, 2])
  const bits = BITS[kind] ?? 8
  const isUnsigned = kind.startsWith('u')
  if (isWait) return random.pick([0, 1, 50, MAX_WAIT_MS, isUnsigned ? 0 : -1].filter((ms) => ms < 2 ** (bits - 1)))
  if (random.chance(0.8)) return isUnsigned ? random.below(100) : random.pick(INTEGERS)
  const max = isUnsigned ? 2 ** bits - 1 : 2 ** (bits - 1) - 1
  return random.pick(isUnsigned ? [max, 0] : [max, -max - 1, max - 1])
}

/** Batches, whole or hurt, none, or anything. */
export function drawRecords(random: Prng): Buffer {
  if (random.chance(0.1)) return random.bytes(random.below(100))
  const batches = Array.from({ length: random.pick([0, 1, 1, 1, 1, 2]) }, () => drawBatch(random))
  const records = Buffer.concat(batches)
  if (records.length > 0 && random.chance(0.4)) records[random.below(records.length)] = random.below(256)
  return random.chance(0.1) ? records.subarray(0, random.below(records.length + 1)) : records
}

function drawBatch(random: Prng): Buffer {
  const isIdempotent = random.chance(0.2)
  const builder = new BatchBuilder({
    compression: random.pick(CODECS),
    ...(isIdempotent ? { producerId: random.below(5), producerEpoch: 0, baseSequence: random.below(3) } : {}),
  })
  for (let left = random.between(1, 4); left > 0; left--) {
    builder.append({
      key: random.chance(0.5) ? null : `key ${random.below(4)}`,
      value: random.bytes(random.below(80)),
      timestamp: 1_700_000_000_000 + random.below(100_000),
    })
  }
  return builder.build()
}
