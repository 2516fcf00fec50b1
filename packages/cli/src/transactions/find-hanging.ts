/**
 * Finds transactions that no coordinator will end: open on a partition for longer than any may be, while the coordinator of their producer
 * knows no open transaction with that partition.
 */
import { type Admin, type ProducerState, partitionKey, type TopicPartition, unwrap } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError } from '../options/usage-error.ts'
import { prettyTable } from '../shared/pretty-table.ts'
import { connectBy } from '../shared/server-options.ts'
import { telling } from './failure.ts'

const MS_PER_MINUTE = 60_000
const HEADER = [
  'Topic',
  'Partition',
  'ProducerId',
  'ProducerEpoch',
  'CoordinatorEpoch',
  'StartOffset',
  'LastTimestamp',
  'Duration(min)',
]

interface Open extends TopicPartition {
  readonly state: ProducerState
}

export async function findHanging(options: ParsedOptions, io: Io): Promise<number> {
  const broker = options.integer('broker-id')
  const topic = options.value('topic')
  const partition = options.integer('partition')
  if (broker === undefined && topic === undefined) {
    throw new ToolError(
      'The `find-hanging` command requires either --topic or --broker-id to limit the scope of the search',
    )
  }
  if (partition !== undefined && topic === undefined) {
    throw new ToolError('The --partition argument requires --topic to be provided')
  }
  await using kafka = connectBy(options, io)
  const admin = kafka.admin()
  const now = io.env.clock.now()
  const maxAgeMs = (options.integer('max-transaction-timeout') ?? 0) * MS_PER_MINUTE
  const open = (await openTransactions(admin, { broker, topic, partition })).filter(
    ({ state }) => now - state.lastTimestamp > maxAgeMs,
  )
  const hanging = await withoutOwner(admin, open)
  const rows = hanging.map(({ topic: name, partition: number, state }) => [
    name,
    String(number),
    String(state.producerId),
    String(state.producerEpoch),
    String(state.coordinatorEpoch),
    String(state.transactionStartOffset),
    String(state.lastTimestamp),
    String(Math.floor((now - state.lastTimestamp) / MS_PER_MINUTE)),
  ])
  for (const line of prettyTable(HEADER, rows)) printLine(io.stdout, line)
  return 0
}

async function openTransactions(
  admin: Admin,
  scope: { broker: number | undefined; topic: string | undefined; partition: number | undefined },
): Promise<Open[]> {
  const names = scope.topic === undefined ? (await admin.listTopics()).map(({ name }) => name) : [scope.topic]
  const described = await admin.describeTopics(names)
  const what = `Failed to describe ${names.length} topics`
  for (const outcome of described.values()) await telling(what, async () => unwrap(outcome))
  const partitions = [...described].flatMap(([name, outcome]) =>
    unwrap(outcome)
      .partitions.filter(({ replicas }) => scope.broker === undefined || replicas.includes(scope.broker))
      .map(({ partition }) => ({ topic: name, partition }))
      .filter(({ partition }) => scope.partition === undefined || partition === scope.partition),
  )
  const at = scope.broker === undefined ? {} : { broker: scope.broker }
  const producers = await admin.transactions.describeProducers(partitions, at)
  return partitions.flatMap((where) => {
    const outcome = producers.get(partitionKey(where.topic, where.partition))
    if (outcome?.kind !== 'done') return []
    return outcome.value.filter((state) => state.transactionStartOffset !== null).map((state) => ({ ...where, state }))
  })
}

/** Those that the coordinator of their producer id does not know of. */
async function withoutOwner(admin: Admin, open: readonly Open[]): Promise<Open[]> {
  if (open.length === 0) return []
  const producerIds = [...new Set(open.map(({ state }) => state.producerId))]
  const listed = await admin.transactions.list({ producerIds })
  const described = await admin.transactions.describe(listed.map(({ transactionalId }) => transactionalId))
  const known = new Set<string>()
  for (const outcome of described.values()) {
    if (outcome.kind !== 'done') continue
    const { producerId, producerEpoch, partitions } = outcome.value
    for (const { topic, partition } of partitions)
      known.add(`${producerId}/${producerEpoch}/${partitionKey(topic, partition)}`)
  }
  return open.filter(
    ({ topic, partition, state }) =>
      !known.has(`${state.producerId}/${state.producerEpoch}/${partitionKey(topic, partition)}`),
  )
}
