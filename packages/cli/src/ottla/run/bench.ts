/**
 * `ottla bench`: figures of a cluster from here, within seconds: what goes in, what comes out, and how long a record is on its way. It makes a topic of its own and
 * deletes it. Figures hold for this machine, this client and this moment; docs/benchmarks tells how to compare systems.
 */
import { type Kafka, type ProducerOptions, partitionKey, unwrap } from '@ottla/client'
import type { Clock, Random } from '@ottla/env'
import type { COMPRESSION_NAMES } from '@ottla/protocol'
import type { Invocation } from '../command.ts'
import { formatBytes, formatCount, formatDuration } from '../quantities.ts'
import type { Screen } from '../screen/screen.ts'
import { offsetRanges } from '../topic/topic-facts.ts'
import { UsageProblem } from '../usage-problem.ts'
import { Latencies, type LatencyFigures } from './latencies.ts'

const RECORDS = 200_000
const SIZE_BYTES = 100
const ROUND_TRIPS = 1000
/** More is no quick look any more, and fills somebody's disk. */
const TOTAL_BYTES_MAX = 2 ** 30
const UNDER_WAY_MAX = 20_000
/** Enough different ones that a codec does not find the same again and again. */
const VALUES = 1000
const VALUES_BYTES_MAX = 8 * 1024 * 1024

interface Plan {
  readonly topic: string
  readonly records: number
  readonly sizeBytes: number
  readonly roundTrips: number
  readonly producer: ProducerOptions
}

interface Throughput {
  readonly records: number
  readonly bytes: number
  readonly ms: number
  readonly recordsPerSecond: number
  readonly megabytesPerSecond: number
  readonly latency: LatencyFigures | null
}

export async function run({ args, io, screen, open }: Invocation): Promise<void> {
  const plan: Plan = {
    topic: `ottla-bench-${io.env.random.uuid()}`,
    records: args.integer('records', 1) ?? RECORDS,
    sizeBytes: args.integer('size', 1) ?? SIZE_BYTES,
    roundTrips: args.integer('round-trips') ?? ROUND_TRIPS,
    producer: producerOf(args.value('compression'), args.value('acks')),
  }
  const total = plan.records * plan.sizeBytes
  if (total > TOTAL_BYTES_MAX)
    throw new UsageProblem(
      `${formatBytes(total)} are too much for a quick look: at most ${formatBytes(TOTAL_BYTES_MAX)}`,
    )
  const { kafka, admin, target } = await open()
  const partitions = args.integer('partitions', 1) ?? 1
  const configs = { 'retention.ms': '3600000' }
  unwrap((await admin.createTopics([{ name: plan.topic, partitionCount: partitions, configs }])).get(plan.topic))
  const tools = { kafka, clock: io.env.clock, screen, signal: io.signal }
  try {
    screen.remark(
      `${formatCount(plan.records)} records of ${formatBytes(plan.sizeBytes)} at ${target.bootstrapServers}`,
    )
    const values = randomValues(plan.sizeBytes, io.env.random)
    const produce = await measureProduce(plan, values, tools)
    const consume = await measureConsume(
      plan,
      { partitions, ranges: await offsetRanges(admin, partitionsOf(plan.topic, partitions)) },
      tools,
    )
    const endToEnd = plan.roundTrips === 0 ? null : await measureRoundTrips(plan, values, tools)
    screen.json({
      servers: target.bootstrapServers,
      recordBytes: plan.sizeBytes,
      partitions,
      compression: plan.producer.compression ?? 'none',
      acks: plan.producer.acks ?? 'all',
      produce,
      consume,
      endToEnd,
    })
    show(screen, { produce, consume, endToEnd })
  } finally {
    await admin.deleteTopics({ names: [plan.topic] })
  }
}

interface Tools {
  readonly kafka: Kafka
  readonly clock: Clock
  readonly screen: Screen
  readonly signal: AbortSignal
}

async function measureProduce(
  { topic, records, producer: options }: Plan,
  values: readonly Buffer[],
  tools: Tools,
): Promise<Throughput> {
  const { clock, signal } = tools
  const progress = tools.screen.progress({ label: 'producing', unit: 'records', total: records })
  await using producer = tools.kafka.producer(options)
  // The first record waits for connection, metadata and producer id.
  await producer.send({ topic, partition: 0, value: values[0]! })
  const latencies = new Latencies(records)
  const startedAt = clock.monotonic()
  let underWay = 0
  let failure: unknown = null
  let onRoom: (() => void) | null = null
  for (let sent = 0; sent < records; sent += 1) {
    const at = clock.monotonic()
    underWay += 1
    const settle = () => {
      underWay -= 1
      if (underWay < UNDER_WAY_MAX / 2) {
        onRoom?.()
        onRoom = null
      }
    }
    producer.send({ topic, value: values[sent % values.length]! }).then(
      () => {
        latencies.add(clock.monotonic() - at)
        settle()
      },
      (error: unknown) => {
        failure ??= error
        settle()
      },
    )
    if (underWay < UNDER_WAY_MAX) continue
    await new Promise<void>((resolve) => {
      onRoom = resolve
    })
    progress.update(sent)
    signal.throwIfAborted()
    if (failure !== null) break
  }
  await producer.flush()
  if (failure !== null) throw failure
  const ms = clock.monotonic() - startedAt
  progress.end()
  return throughput({ records, bytes: records * values[0]!.length, ms, latency: latencies.figures() })
}

async function measureConsume(
  { topic }: Plan,
  {
    partitions,
    ranges,
  }: { partitions: number; ranges: ReadonlyMap<string, { readonly start: number; readonly end: number }> },
  { kafka, clock, screen, signal }: Tools,
): Promise<Throughput> {
  const wanted = [...ranges.values()].reduce((sum, { start, end }) => sum + end - start, 0)
  const progress = screen.progress({ label: 'consuming', unit: 'records', total: wanted })
  await using consumer = kafka.consumer({ maxPollRecords: 5000 })
  consumer.assign(
    partitionsOf(topic, partitions).map((each) => ({
      ...each,
      from: ranges.get(partitionKey(each.topic, each.partition))?.start ?? 0,
    })),
  )
  const startedAt = clock.monotonic()
  let records = 0
  let bytes = 0
  while (records < wanted) {
    for (const { value } of await consumer.poll({ timeoutMs: 1000, signal })) {
      records += 1
      bytes += value?.length ?? 0
    }
    progress.update(records)
  }
  const ms = clock.monotonic() - startedAt
  progress.end()
  return throughput({ records, bytes, ms, latency: null })
}

/** One record at a time, from `send` until a consumer that waits has it. */
async function measureRoundTrips(
  { topic, roundTrips, producer: options }: Plan,
  values: readonly Buffer[],
  { kafka, clock, screen, signal }: Tools,
): Promise<LatencyFigures> {
  const progress = screen.progress({ label: 'round trips', unit: 'records', total: roundTrips })
  await using producer = kafka.producer(options)
  await using consumer = kafka.consumer()
  consumer.assign([{ topic, partition: 0, from: 'latest' }])
  await consumer.position({ topic, partition: 0 })
  const latencies = new Latencies(roundTrips)
  for (let done = 0; done <= roundTrips; done += 1) {
    const at = clock.monotonic()
    const sent = producer.send({ topic, partition: 0, value: values[done % values.length]! })
    for (let seen = 0; seen === 0; ) seen = (await consumer.poll({ timeoutMs: 1000, signal })).length
    // The first is the way that the others take, too.
    if (done > 0) latencies.add(clock.monotonic() - at)
    await sent
    progress.update(done)
  }
  progress.end()
  return latencies.figures()
}

function show(
  screen: Screen,
  { produce, consume, endToEnd }: { produce: Throughput; consume: Throughput; endToEnd: LatencyFigures | null },
): void {
  const rows = [
    { step: 'produce', through: produce, latency: produce.latency },
    { step: 'consume', through: consume, latency: null },
    ...(endToEnd === null ? [] : [{ step: 'end to end', through: null, latency: endToEnd }]),
  ]
  const time = (ms: number | undefined) => (ms === undefined ? null : formatDuration(ms))
  screen.table(
    [
      { title: 'STEP', text: ({ step }) => step, paint: (text, _, { cyan }) => cyan(text) },
      {
        title: 'RECORDS',
        text: ({ through, latency }) => formatCount(through?.records ?? latency?.count ?? 0),
        align: 'right',
      },
      {
        title: 'RECORDS/S',
        text: ({ through }) => (through === null ? null : formatCount(Math.round(through.recordsPerSecond))),
        align: 'right',
        paint: (text, _, { bold }) => bold(text),
      },
      { title: 'MB/S', text: ({ through }) => through?.megabytesPerSecond.toFixed(1), align: 'right' },
      { title: 'P50', text: ({ latency }) => time(latency?.p50), align: 'right' },
      { title: 'P99', text: ({ latency }) => time(latency?.p99), align: 'right' },
      { title: 'MAX', text: ({ latency }) => time(latency?.max), align: 'right' },
    ],
    rows,
  )
  screen.remark(
    'Times of produce are under full load, from send to acknowledgement; those of end to end are one record at a time.',
  )
}

function throughput({
  records,
  bytes,
  ms,
  latency,
}: {
  records: number
  bytes: number
  ms: number
  latency: LatencyFigures | null
}): Throughput {
  return { records, bytes, ms, recordsPerSecond: (records * 1000) / ms, megabytesPerSecond: bytes / 1000 / ms, latency }
}

function partitionsOf(topic: string, count: number): { topic: string; partition: number }[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }))
}

/** Text of letters: a codec makes about two thirds of it, as of many a real record. */
function randomValues(sizeBytes: number, random: Pick<Random, 'bytes'>): Buffer[] {
  const count = Math.max(1, Math.min(VALUES, Math.floor(VALUES_BYTES_MAX / sizeBytes)))
  return Array.from({ length: count }, () => {
    const value = random.bytes(sizeBytes)
    for (let at = 0; at < sizeBytes; at += 1) value[at] = 97 + (value[at]! % 26)
    return value
  })
}

function producerOf(compression: string | undefined, acks: string | undefined): ProducerOptions {
  return {
    ...(compression === undefined ? {} : { compression: compression as (typeof COMPRESSION_NAMES)[number] }),
    ...(acks === undefined ? {} : { acks: acks === 'all' ? 'all' : (Number(acks) as 0 | 1) }),
  }
}
