/** What the actions of kafka-reassign-partitions have in common. */
import { type Admin, isBrokerError, type LogDirDescription, unwrap } from '@ottla/client'
import { ErrorCode } from '@ottla/protocol'
import type { Io } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError } from '../options/usage-error.ts'
import { type Assignment, type Replica, replicaKey } from './reassignment-json.ts'

export interface Command {
  readonly admin: Admin
  readonly options: ParsedOptions
  readonly io: Io
}

/** Some of the work was refused; the message says it all. */
export class Refused extends ToolError {}

/** Where a replica lies, and where it is being moved to. */
export interface ReplicaPlace {
  readonly current: string | null
  readonly future: string | null
}

export function plural(count: number): string {
  return count === 1 ? '' : 's'
}

/** An error in the words of Kafka's client. */
export function unknownPartition(message: string): ToolError {
  return new ToolError(`org.apache.kafka.common.errors.UnknownTopicOrPartitionException: ${message}`)
}

/** All partitions of the topics, as they are. Throws ToolError for a topic that is not there. */
export async function assignmentsOf(admin: Admin, topics: readonly string[]): Promise<Assignment[]> {
  const outcomes = await admin.describeTopics([...new Set(topics)])
  return [...outcomes].flatMap(([topic, outcome]) => {
    if (outcome.kind === 'failed' && isBrokerError(outcome.error, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)) {
      throw unknownPartition(`Topic ${topic} not found.`)
    }
    return unwrap(outcome).partitions.map(({ partition, replicas }) => ({ topic, partition, replicas }))
  })
}

/** By {@link replicaKey}; replicas on brokers that do not answer are left out. */
export async function placesOf(admin: Admin, replicas: Iterable<Replica>): Promise<Map<string, ReplicaPlace>> {
  const byBroker = new Map<number, Replica[]>()
  for (const replica of replicas) {
    byBroker.set(replica.broker, [...(byBroker.get(replica.broker) ?? []), replica])
  }
  const alive = new Set((await admin.describeCluster()).brokers.map(({ id }) => id))
  const places = new Map<string, ReplicaPlace>()
  for (const [broker, partitions] of byBroker) {
    if (!alive.has(broker)) continue
    const dirs = (await admin.logDirs.describe({ brokers: [broker], partitions })).get(broker) ?? []
    for (const [key, place] of placesIn(broker, dirs)) places.set(key, place)
  }
  return places
}

function placesIn(broker: number, dirs: readonly LogDirDescription[]): Map<string, ReplicaPlace> {
  const places = new Map<string, ReplicaPlace>()
  for (const { path, replicas } of dirs) {
    for (const { topic, partition, isFuture } of replicas) {
      const key = replicaKey({ topic, partition, broker })
      const known = places.get(key) ?? { current: null, future: null }
      places.set(key, isFuture ? { ...known, future: path } : { ...known, current: path })
    }
  }
  return places
}

/** Each replica of the assignments. */
export function replicasOf(assignments: Iterable<Assignment>): Replica[] {
  return [...assignments].flatMap(({ topic, partition, replicas }) =>
    replicas.map((broker) => ({ topic, partition, broker })),
  )
}
