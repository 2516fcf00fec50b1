/** kafka-reassign-partitions --generate: a proposal how topics could lie on brokers. */
import { byTopic } from '@ottla/client'
import { placeReplicas } from '@ottla/metadata'
import { printLine } from '../io.ts'
import { ToolError } from '../options/usage-error.ts'
import { readTextFile } from '../shared/json-file.ts'
import { assignmentsOf, type Command, placesOf, replicasOf } from './command.ts'
import { type Assignment, assignmentJson, duplicates, inOrder, readTopics, replicaKey } from './reassignment-json.ts'

interface Broker {
  readonly id: number
  readonly rack: string | null
}

export async function generate({ admin, options, io }: Command): Promise<void> {
  const topics = readTopics(readTextFile(options.required('topics-to-move-json-file'), io))
  const ids = options.required('broker-list').split(',').map(brokerId)
  const repeatedIds = duplicates(ids)
  if (repeatedIds.length > 0) throw new ToolError(`Broker list contains duplicate entries: [${repeatedIds.join(', ')}]`)
  const repeated = duplicates(topics)
  if (repeated.length > 0) {
    throw new ToolError(`List of topics to reassign contains duplicate entries: [${repeated.join(', ')}]`)
  }
  const current = await assignmentsOf(admin, topics)
  const brokers = (await admin.describeCluster()).brokers.filter(({ id }) => ids.includes(id))
  const proposed = propose(
    current,
    options.has('disable-rack-aware') ? withoutRacks(brokers) : withRacks(brokers),
    io.env.random.below(2 ** 31),
  )
  const places = await placesOf(admin, replicasOf(current))
  const json = assignmentJson(current, (replica) => places.get(replicaKey(replica))?.current ?? undefined)
  printLine(io.stdout, `Current partition replica assignment\n${json}\n`)
  printLine(io.stdout, `Proposed partition reassignment configuration\n${assignmentJson(proposed)}`)
}

function withoutRacks(brokers: readonly Broker[]): Broker[] {
  return brokers.map(({ id }) => ({ id, rack: null }))
}

function withRacks(brokers: readonly Broker[]): readonly Broker[] {
  const withRack = brokers.filter(({ rack }) => rack !== null).length
  if (withRack === 0 || withRack === brokers.length) return brokers
  throw new ToolError(
    'Not all brokers have rack information. Add --disable-rack-aware in command line to make replica assignment without rack information.',
  )
}

/** Each topic keeps its number of replicas. */
function propose(current: readonly Assignment[], brokers: readonly Broker[], seed: number): Assignment[] {
  return [...byTopic(current)].flatMap(([topic, partitions]) => {
    const replicationFactor = partitions[0]!.replicas.length
    if (brokers.length === 0) {
      throw new ToolError('All brokers are currently fenced, or have all their log directories cordoned.')
    }
    if (replicationFactor > brokers.length) {
      throw new ToolError(`Replication factor: ${replicationFactor} larger than available brokers: ${brokers.length}.`)
    }
    const placement = placeReplicas({
      brokers: brokers.map(({ id, rack }) => ({ id, rack, fenced: false })),
      firstPartition: 0,
      partitions: partitions.length,
      replicationFactor,
      seed,
    })
    if (placement.kind === 'impossible') throw new ToolError(placement.reason)
    return inOrder(partitions).map(({ partition }, at) => ({
      topic,
      partition,
      replicas: placement.assignments[at]!,
    }))
  })
}

function brokerId(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new ToolError(`For input string: "${text}"`)
  return Number(text)
}
