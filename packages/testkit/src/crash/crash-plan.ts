/** Everything about a run that is drawn from its seed before it begins. */
import type { CrashKind } from '@ottla/sim'
import { Prng } from '@ottla/stdx'
import type { NewTopic } from '../model/model-admin.ts'
import type { ValueSizes } from '../model/model-batch.ts'

/**
 * What an acknowledgement promises in the run.
 * 'fsync': nothing is lost, neither with the process nor with the power. 'replicated': nothing is lost with the process. 'none':
 * 'replicated', and the power fails all the same; then only the shape of what is left is checked.
 */
export type Promised = 'fsync' | 'replicated' | 'none'

export const PROMISES: readonly Promised[] = ['fsync', 'replicated', 'none']

/**
 * When a life of the broker ends: after so many events of the world, or in the middle of a call, after so many changes of the disk (of
 * files whose path ends so).
 */
export type CrashPoint =
  | { readonly unit: 'events'; readonly count: number }
  | { readonly unit: 'changes'; readonly count: number; readonly suffix: string }

export interface Life {
  readonly end: CrashKind | 'stop'
  readonly point: CrashPoint
  /** Virtual milliseconds without a broker. */
  readonly downMs: number
  /** The wall clock jumps before the next life. */
  readonly clockJumpMs: number
  /** Everything is read and checked at the beginning of the next life, before its end is counted. */
  readonly isCheckedAfter: boolean
}

export interface PlannedProducer {
  readonly topic: number
  readonly partition: number
  readonly isIdempotent: boolean
  readonly batches: number
  readonly maxInFlight: number
  readonly maxRecordsPerBatch: number
  /** No batch may be larger than a segment. */
  readonly maxBatchBytes: number
  readonly values: ValueSizes
  readonly pauseMs: number
}

export interface DiskPlan {
  readonly syncMs: readonly [number, number]
  readonly writeSyncMs: readonly [number, number]
  readonly shortWriteRate: number
  readonly slowRate: number
}

export interface LinkPlan {
  readonly splitChance: number
  readonly windowBytes: number
  readonly latencyMs: readonly [number, number]
}

export interface CrashPlan {
  readonly promised: Promised
  readonly settings: Readonly<Record<string, string>>
  readonly topics: readonly NewTopic[]
  readonly producers: readonly PlannedProducer[]
  readonly lives: readonly Life[]
  readonly disk: DiskPlan
  readonly links: LinkPlan
  /** Commits of each of the two groups. */
  readonly commits: number
  /** Topics that are made and deleted on the side. */
  readonly churn: number
  /** DeleteRecords requests. */
  readonly deletions: number
  /** The system says which boot this is, as Linux does. */
  readonly tellsBoot: boolean
}

const FOREVER_MS = 604_800_000

export function drawCrashPlan(seed: string, promised: Promised): CrashPlan {
  const random = new Prng(`${seed}/plan`)
  const topics = drawTopics(random, promised)
  return {
    promised,
    settings: drawSettings(random, promised),
    topics,
    producers: drawProducers(random, topics),
    lives: drawLives(random, promised),
    disk: {
      syncMs: random.pick([
        [0.3, 5],
        [0.3, 5],
        [5, 60],
        [0, 0.1],
      ] as const),
      writeSyncMs: random.pick([
        [0, 0],
        [0, 0],
        [0, 0.5],
        [0, 12],
      ] as const),
      shortWriteRate: random.pick([0, 0, 0, 0.01]),
      slowRate: random.pick([0, 0, 0.01]),
    },
    links: {
      splitChance: random.pick([0, 0.1, 0.5]),
      windowBytes: random.pick([10_000, 128 * 1024, 128 * 1024]),
      latencyMs: random.pick([
        [0.02, 0.5],
        [0.02, 0.5],
        [1, 20],
      ] as const),
    },
    commits: random.between(3, 15),
    churn: random.between(0, 4),
    deletions: random.pick([0, 0, 1, 3]),
    // Where the system does not tell, a loss of power and damage look alike, and a log may be quarantined for nothing.
    tellsBoot: promised !== 'replicated' || random.chance(0.5),
  }
}

function drawSettings(random: Prng, promised: Promised): Record<string, string> {
  const settings: Record<string, string> = {
    listeners: 'PLAINTEXT://:9092',
    'log.dirs': random.pick(['/data', '/data', '/data/a,/data/b']),
    'offsets.topic.num.partitions': random.pick(['1', '3']),
    'offsets.topic.segment.bytes': random.pick(['1048576', '104857600']),
    'group.initial.rebalance.delay.ms': random.pick(['0', '0', '50']),
    'log.flush.offset.checkpoint.interval.ms': random.pick(['20', '200', '60000']),
    'replica.high.watermark.checkpoint.interval.ms': random.pick(['20', '200', '5000']),
    'log.retention.check.interval.ms': random.pick(['50', '300000']),
    'metadata.log.max.record.bytes.between.snapshots': random.pick(['1', '1000', '20971520']),
    'metadata.max.idle.interval.ms': random.pick(['0', '500']),
    'ottla.tail.budget.bytes': random.pick(['0', '5000', '134217728']),
    'ottla.sync.concurrency': random.pick(['1', '4']),
    'ottla.journal.segment.bytes': random.pick(['0', '3000', '8000', '30000', '200000']),
    'ottla.journal.segments': random.pick(['2', '2', '3', '5']),
    'ottla.connection.requests.max': random.pick(['1', '3', '64']),
  }
  const metadataSegmentBytes = random.pick(['', '1000', '4000'])
  if (metadataSegmentBytes !== '') settings['internal.metadata.log.segment.bytes'] = metadataSegmentBytes
  // 'auto' syncs topics with one replica; 'replicated' is asked for.
  if (promised !== 'fsync') settings['ottla.durability'] = 'replicated'
  else if (random.chance(0.5)) settings['ottla.durability'] = 'fsync'
  return settings
}

function drawTopics(random: Prng, promised: Promised): NewTopic[] {
  return Array.from({ length: random.between(1, 2) }, (_, at) => {
    const configs: Record<string, string> = {
      'internal.segment.bytes': random.pick(['400', '2000', '2000', '10000', '100000', '1073741824']),
      'index.interval.bytes': random.pick(['0', '1', '500', '4096']),
      'segment.index.bytes': random.pick(['24', '100', '10485760', '10485760']),
      'segment.ms': random.pick(['20', '1000', String(FOREVER_MS), String(FOREVER_MS)]),
      'file.delete.delay.ms': random.pick(['0', '100', '60000']),
    }
    if (random.chance(0.3)) configs['segment.jitter.ms'] = '50'
    if (promised !== 'fsync' && random.chance(0.2)) configs['flush.messages'] = random.pick(['2', '10'])
    if (promised !== 'fsync' && random.chance(0.2)) configs['flush.ms'] = random.pick(['1', '50'])
    return { name: `data-${at}`, partitions: random.between(1, 2), configs }
  })
}

function drawProducers(random: Prng, topics: readonly NewTopic[]): PlannedProducer[] {
  return Array.from({ length: random.between(1, 3) }, () => {
    const topic = random.below(topics.length)
    return {
      topic,
      partition: random.below(topics[topic]!.partitions),
      isIdempotent: random.chance(0.7),
      batches: random.between(5, random.pick([15, 40])),
      maxInFlight: random.pick([1, 2, 5, 5]),
      maxRecordsPerBatch: random.pick([1, 3, 3, 20]),
      maxBatchBytes: Math.min(16_000, Number(topics[topic]!.configs['internal.segment.bytes'])),
      values: random.chance(0.3) ? 'large' : 'small',
      pauseMs: random.pick([0, 2, 20]),
    }
  })
}

function drawLives(random: Prng, promised: Promised): Life[] {
  return Array.from({ length: random.between(4, 10) }, () => ({
    end: drawEnd(random, promised),
    point: drawPoint(random),
    downMs: random.pick([0, 1, 100, 3000]),
    clockJumpMs: random.chance(0.1) ? random.between(-5000, 5000) : 0,
    isCheckedAfter: random.chance(0.35),
  }))
}

function drawEnd(random: Prng, promised: Promised): Life['end'] {
  if (random.chance(0.1)) return 'stop'
  if (promised === 'replicated') return 'process'
  return random.chance(0.65) ? 'power' : 'process'
}

const SUFFIXES = [
  '.log',
  '.index',
  '.index',
  '.index',
  '.timeindex',
  '.snapshot',
  'checkpoint.tmp',
  '-checkpoint',
  '-0',
]

/** Mostly soon after the start, while things are recovered, or in the thick of the work. */
function drawPoint(random: Prng): CrashPoint {
  const kind = random.below(10)
  if (kind < 4) return { unit: 'changes', suffix: '', count: random.between(1, random.pick([20, 100, 400])) }
  if (kind < 7)
    return { unit: 'changes', suffix: random.pick(SUFFIXES), count: random.between(1, random.pick([2, 10, 40])) }
  return { unit: 'events', count: random.between(1, random.pick([150, 600, 3000])) }
}
