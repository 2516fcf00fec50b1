/** The JSON that kafka-reassign-partitions takes and gives. */
import { partitionKey, type TopicPartition } from '@ottla/client'
import { ToolError } from '../options/usage-error.ts'
import { jsonField, jsonInteger, jsonList, jsonText, parseJson } from '../shared/json-file.ts'

export interface Assignment extends TopicPartition {
  /** Broker ids, the preferred leader first. */
  readonly replicas: readonly number[]
}

export interface Replica extends TopicPartition {
  readonly broker: number
}

export interface ReplicaDir extends Replica {
  /** An absolute path. */
  readonly path: string
}

export interface WantedAssignments {
  readonly assignments: readonly Assignment[]
  /** Only those that name a folder. */
  readonly dirs: readonly ReplicaDir[]
}

/** A replica that may lie in any folder. */
export const ANY_DIR = 'any'

export function inOrder<T extends TopicPartition>(items: Iterable<T>): T[] {
  return [...items].sort(compare)
}

export function keyOf({ topic, partition }: TopicPartition): string {
  return partitionKey(topic, partition)
}

/** `topic-partition-broker`, as Kafka writes it. */
export function replicaKey({ topic, partition, broker }: Replica): string {
  return `${partitionKey(topic, partition)}-${broker}`
}

/** The partitions as one line of JSON. `dirOf`: the folder of a replica, when it is known. */
export function assignmentJson(
  assignments: Iterable<Assignment>,
  dirOf: (replica: Replica) => string | undefined = () => undefined,
): string {
  const partitions = inOrder(assignments).map(({ topic, partition, replicas }) => ({
    topic,
    partition,
    replicas,
    log_dirs: replicas.map((broker) => dirOf({ topic, partition, broker }) ?? ANY_DIR),
  }))
  return JSON.stringify({ version: 1, partitions })
}

/** What a reassignment file wants. Throws ToolError. */
export function readAssignments(text: string): WantedAssignments {
  const assignments: Assignment[] = []
  const dirs: ReplicaDir[] = []
  for (const item of itemsOf(text, 'partitions')) {
    const topic = jsonText(jsonField(item, 'topic'))
    const partition = jsonInteger(jsonField(item, 'partition'))
    const replicas = jsonList(jsonField(item, 'replicas')).map(jsonInteger)
    const given = (item as { readonly log_dirs?: unknown }).log_dirs
    const paths = given === undefined ? replicas.map(() => ANY_DIR) : jsonList(given).map(jsonText)
    if (paths.length !== replicas.length) {
      throw new ToolError(
        `Size of replicas list [${replicas.join(', ')}] is different from size of log dirs list [${paths.join(', ')}] for partition ${partitionKey(topic, partition)}`,
      )
    }
    assignments.push({ topic, partition, replicas })
    for (const [at, path] of paths.entries()) {
      if (path !== ANY_DIR) dirs.push({ topic, partition, broker: replicas[at]!, path })
    }
  }
  return { assignments, dirs }
}

/** {@link readAssignments}, of which something can be started. */
export function readSoundAssignments(text: string): WantedAssignments {
  const wanted = readAssignments(text)
  const { assignments } = wanted
  if (assignments.length === 0) throw new ToolError('Partition reassignment list cannot be empty')
  if (assignments.some(({ replicas }) => replicas.length === 0)) {
    throw new ToolError('Partition replica list cannot be empty')
  }
  const repeated = duplicates(assignments.map(keyOf))
  if (repeated.length > 0) {
    throw new ToolError(`Partition reassignment contains duplicate topic partitions: ${repeated.join(',')}`)
  }
  const unsound = assignments.flatMap((assignment) => {
    const twice = duplicates(assignment.replicas)
    return twice.length === 0 ? [] : [`${keyOf(assignment)} contains multiple entries for ${twice.join(',')}`]
  })
  if (unsound.length === 0) return wanted
  throw new ToolError(`Partition replica lists may not contain duplicate entries: ${unsound.join('. ')}`)
}

/** The names in a file of topics to move. Throws ToolError. */
export function readTopics(text: string): string[] {
  return itemsOf(text, 'topics').map((item) => jsonText(jsonField(item, 'topic')))
}

/** What stands more than once. */
export function duplicates<T>(items: readonly T[]): T[] {
  return [...new Set(items.filter((item, at) => items.indexOf(item) !== at))]
}

function itemsOf(text: string, field: string): readonly unknown[] {
  const json = parseJson(text) as { readonly version?: unknown; readonly [field: string]: unknown } | null | undefined
  if (json === undefined || json === null) throw new ToolError('The input string is not a valid JSON')
  if (json.version !== undefined && json.version !== 1) {
    throw new ToolError(`Not supported version field value ${json.version}`)
  }
  return json[field] === undefined ? [] : jsonList(json[field])
}

function compare(a: TopicPartition, b: TopicPartition): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  return a.partition - b.partition
}
