/** How fast replicas are moved: settings of brokers and topics that hold until the move is over. */
import { type Admin, type ConfigChange, ConfigResourceType, type OngoingReassignment, unwrap } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { plural } from './command.ts'
import { type Assignment, keyOf, type ReplicaDir } from './reassignment-json.ts'

const LEADER_RATE = 'leader.replication.throttled.rate'
const FOLLOWER_RATE = 'follower.replication.throttled.rate'
const DIRS_RATE = 'replica.alter.log.dirs.io.max.bytes.per.second'
const LEADER_REPLICAS = 'leader.replication.throttled.replicas'
const FOLLOWER_REPLICAS = 'follower.replication.throttled.replicas'
const WARNING =
  'Warning: You must run --verify periodically, until the reassignment completes, to ensure the throttle is removed.'

/** In bytes per second; negative: no limit. */
export interface Throttles {
  readonly betweenBrokers: number
  readonly betweenDirs: number
}

export interface Moves {
  /** What is under way already. */
  readonly ongoing: readonly OngoingReassignment[]
  readonly proposed: readonly Assignment[]
  /** Replicas by partition key, as they are. */
  readonly current: ReadonlyMap<string, readonly number[]>
  readonly dirs: readonly ReplicaDir[]
}

interface PartitionMove {
  readonly topic: string
  readonly partition: number
  readonly sources: readonly number[]
  readonly destinations: readonly number[]
}

export async function setThrottles(admin: Admin, throttles: Throttles, moves: Moves, io: Io): Promise<void> {
  const { betweenBrokers, betweenDirs } = throttles
  if (betweenBrokers < 0 && betweenDirs < 0) return
  printLine(io.stdout, WARNING)
  if (betweenBrokers >= 0) {
    const partitions = partitionMoves(moves)
    await alterTopics(admin, replicaLists(partitions))
    const brokers = partitions.flatMap(({ sources, destinations }) => [...sources, ...destinations])
    await alterBrokers(admin, brokers, rates([LEADER_RATE, FOLLOWER_RATE], betweenBrokers))
    printLine(io.stdout, `The inter-broker throttle limit was set to ${betweenBrokers} B/s`)
  }
  if (betweenDirs >= 0) {
    const brokers = moves.dirs.map(({ broker }) => broker)
    await alterBrokers(admin, brokers, rates([DIRS_RATE], betweenDirs))
    printLine(io.stdout, `The replica-alter-dir throttle limit was set to ${betweenDirs} B/s`)
  }
}

/** Takes all of them back: of all brokers, and of the topics of the assignments. */
export async function clearThrottles(admin: Admin, targets: readonly Assignment[], io: Io): Promise<void> {
  const alive = (await admin.describeCluster()).brokers.map(({ id }) => id)
  const brokers = [...new Set([...alive, ...targets.flatMap(({ replicas }) => replicas)])].sort((a, b) => a - b)
  const topics = [...new Set(targets.map(({ topic }) => topic))].sort()
  printLine(io.stdout, `Clearing broker-level throttles on broker${plural(brokers.length)} ${brokers.join(',')}`)
  await alterBrokers(
    admin,
    brokers,
    [LEADER_RATE, FOLLOWER_RATE, DIRS_RATE].map((name) => ({ kind: 'delete', name })),
  )
  printLine(io.stdout, `Clearing topic-level throttles on topic${plural(topics.length)} ${topics.join(',')}`)
  const changes = [LEADER_REPLICAS, FOLLOWER_REPLICAS].map((name): ConfigChange => ({ kind: 'delete', name }))
  await alterTopics(admin, new Map(topics.map((topic) => [topic, changes])))
}

function partitionMoves({ ongoing, proposed, current }: Moves): PartitionMove[] {
  const moves = new Map<string, PartitionMove>()
  for (const { topic, partition, replicas, adding } of ongoing) {
    const sources = replicas.filter((broker) => !adding.includes(broker))
    moves.set(keyOf({ topic, partition }), { topic, partition, sources, destinations: adding })
  }
  for (const { topic, partition, replicas } of proposed) {
    const key = keyOf({ topic, partition })
    const known = moves.get(key)
    const sources = known?.sources ?? current.get(key) ?? []
    const added = [...(known?.destinations ?? []), ...replicas]
    const destinations = [...new Set(added)].filter((broker) => !sources.includes(broker))
    moves.set(key, { topic, partition, sources, destinations })
  }
  return [...moves.values()]
}

/** `partition:broker` of all that send, and of all that receive. */
function replicaLists(moves: readonly PartitionMove[]): Map<string, ConfigChange[]> {
  const pairs = (topic: string, brokersOf: (move: PartitionMove) => readonly number[]): string =>
    moves
      .filter((move) => move.topic === topic)
      .flatMap((move) => brokersOf(move).map((broker) => `${move.partition}:${broker}`))
      .sort()
      .join(',')
  const topics = new Set(moves.map(({ topic }) => topic))
  return new Map(
    [...topics].map((topic) => [
      topic,
      [
        { kind: 'set', name: LEADER_REPLICAS, value: pairs(topic, ({ sources }) => sources) },
        { kind: 'set', name: FOLLOWER_REPLICAS, value: pairs(topic, ({ destinations }) => destinations) },
      ],
    ]),
  )
}

function rates(names: readonly string[], bytesPerSecond: number): ConfigChange[] {
  return names.map((name) => ({ kind: 'set', name, value: String(bytesPerSecond) }))
}

async function alterBrokers(admin: Admin, ids: readonly number[], changes: readonly ConfigChange[]): Promise<void> {
  const names = [...new Set(ids)].map(String)
  await alter(
    admin,
    names.map((name) => ({ resource: { type: ConfigResourceType.broker, name }, changes })),
  )
}

async function alterTopics(admin: Admin, changes: ReadonlyMap<string, readonly ConfigChange[]>): Promise<void> {
  await alter(
    admin,
    [...changes].map(([name, ofTopic]) => ({
      resource: { type: ConfigResourceType.topic, name },
      changes: ofTopic,
    })),
  )
}

async function alter(admin: Admin, changes: Parameters<Admin['incrementalAlterConfigs']>[0]): Promise<void> {
  if (changes.length === 0) return
  for (const outcome of (await admin.incrementalAlterConfigs(changes)).values()) unwrap(outcome)
}
