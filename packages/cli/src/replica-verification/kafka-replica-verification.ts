/** kafka-replica-verification: reads all replicas of topics again and again, and says where they differ and how far they are behind. */
import {
  type Admin,
  OffsetMark,
  parseBootstrapServers,
  partitionKey,
  type ReplicaRecords,
  type TopicDescription,
  unwrap,
} from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { requireOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError, UsageError } from '../options/usage-error.ts'
import { connect } from '../shared/client-properties.ts'
import { javaDateFormat } from '../shared/java-date-format.ts'
import { javaMapOrder, partitionHash } from '../shared/java-map-order.ts'
import { pause } from '../shared/pause.ts'
import { stopCode } from '../shared/stop-code.ts'
import { topicPattern } from '../shared/topic-filter.ts'
import { defineTool } from '../tool.ts'
import { type VerifiedPartition, verify } from './replica-buffer.ts'

const OPTIONS: OptionTable = [
  {
    name: 'broker-list',
    argument: { label: 'hostname:port,...,hostname:port' },
    description: 'REQUIRED: brokers to ask first.',
  },
  {
    name: 'bootstrap-server',
    argument: { label: 'hostname:port,...' },
    description: 'The same, as other tools call it.',
    isHidden: true,
  },
  {
    name: 'fetch-size',
    argument: { label: 'bytes', type: 'Integer' },
    description: 'Bytes to fetch of each partition at once.',
    default: '1048576',
  },
  {
    name: 'max-wait-ms',
    argument: { label: 'ms', type: 'Integer' },
    description: 'How long a broker may wait for records.',
    default: '1000',
  },
  {
    name: 'topics-include',
    argument: { label: 'Java regex (String)' },
    description: 'Topics to verify.',
    default: '.*',
  },
  {
    name: 'topic-white-list',
    argument: { label: 'Java regex (String)' },
    description: 'The old name of --topics-include.',
    isHidden: true,
  },
  {
    name: 'time',
    argument: { label: 'timestamp/-1(latest)/-2(earliest)', type: 'Long' },
    description: 'Where to begin.',
    default: '-1',
  },
  {
    name: 'report-interval-ms',
    argument: { label: 'ms', type: 'Long' },
    description: 'How often to report.',
    default: '30000',
  },
]

/** Runs kafka-replica-verification. */
export const run = defineTool({
  purpose: 'verify that replicas are alike.',
  message: 'Validate that all replicas for a set of topics have the same data.',
  options: OPTIONS,
  async run(options, io) {
    const servers = options.value('broker-list') ?? options.value('bootstrap-server')
    if (servers === undefined) requireOptions(options, ['broker-list'])
    checkServers(servers!)
    const include = topicPattern(options.value('topic-white-list') ?? options.required('topics-include'))
    await using kafka = connect(servers!, new Map([['client.id', 'ReplicaVerification']]), io)
    const admin = kafka.admin()
    const names = (await admin.listTopics()).map(({ name }) => name)
    const described = await admin.describeTopics(names.filter((name) => include.test(name)))
    const topics = [...described.values()].map(unwrap)
    if (topics.length === 0) {
      throw new ToolError(
        'No topics found. [topics-include] if specified, is either filtering out all topics or there is no topic.',
      )
    }
    const partitions = await startingPoints(admin, topics, options)
    return await watch(admin, partitions, { options, io })
  },
})

function checkServers(servers: string): void {
  try {
    parseBootstrapServers(servers)
  } catch {
    throw new UsageError('Please provide valid host:port like host1:9091,host2:9092\n')
  }
}

async function startingPoints(
  admin: Admin,
  topics: readonly TopicDescription[],
  options: ParsedOptions,
): Promise<VerifiedPartition[]> {
  const timestamp = options.integer('time')!
  const all = topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partition, replicas }) => ({ topic, partition, replicas })),
  )
  const found = await admin.listOffsets(all.map(({ topic, partition }) => ({ topic, partition, timestamp })))
  const ends = await admin.listOffsets(
    all.map(({ topic, partition }) => ({ topic, partition, timestamp: OffsetMark.latest })),
  )
  const placed = all.map((item) => {
    const key = partitionKey(item.topic, item.partition)
    const { offset } = unwrap(found.get(key))
    return { ...item, offset: offset === -1 ? unwrap(ends.get(key)).offset : offset }
  })
  return javaMapOrder(placed, partitionHash)
}

async function watch(
  admin: Admin,
  partitions: VerifiedPartition[],
  { options, io }: { readonly options: ParsedOptions; readonly io: Io },
): Promise<number> {
  const { clock } = io.env
  const format = javaDateFormat('yyyy-MM-dd HH:mm:ss,SSS')
  const say = (text: string) => printLine(io.stdout, `${format(clock.now())}: ${text}`)
  const interval = options.integer('report-interval-ms')!
  say('verification process is started')
  let reportedAt = clock.now()
  while (!io.signal.aborted) {
    const fetched = await fetchAll(admin, partitions, { options, io })
    if (io.signal.aborted) break
    const { maxLag, mismatches, isFatal } = verify(partitions, fetched)
    for (const mismatch of mismatches) say(mismatch)
    if (isFatal) return 1
    if (clock.now() - reportedAt <= interval || maxLag === null) continue
    const where = partitionKey(maxLag.partition.topic, maxLag.partition.partition)
    say(
      `max lag is ${maxLag.lag} for partition ${where} at offset ${maxLag.offset} among ${partitions.length} partitions`,
    )
    reportedAt = clock.now()
  }
  return stopCode(io.signal)
}

/** Of every broker what it has of the partitions. A broker that fails is asked again in the next round. */
async function fetchAll(
  admin: Admin,
  partitions: readonly VerifiedPartition[],
  { options, io }: { readonly options: ParsedOptions; readonly io: Io },
): Promise<Map<number, Map<string, ReplicaRecords>>> {
  const brokers = [...new Set(partitions.flatMap(({ replicas }) => replicas))]
  const maxWaitMs = options.integer('max-wait-ms')!
  const maxBytes = options.integer('fetch-size')!
  const results = await Promise.all(
    brokers.map(async (broker) => {
      const positions = partitions.filter(({ replicas }) => replicas.includes(broker))
      try {
        const read = { broker, positions, maxWaitMs, maxBytes }
        const outcomes = await admin.replicas.read(read, { signal: io.signal })
        const done = [...outcomes].flatMap(([key, outcome]) =>
          outcome.kind === 'done' ? [[key, outcome.value] as const] : [],
        )
        return [broker, new Map(done)] as const
      } catch {
        if (!io.signal.aborted) await pause(io.env, maxWaitMs, io.signal)
        return [broker, new Map<string, ReplicaRecords>()] as const
      }
    }),
  )
  return new Map(results)
}
