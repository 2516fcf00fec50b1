/**
 * Which brokers hold the replicas of new partitions: striped over racks and brokers, so that leaders and replicas are
 * spread evenly and no two replicas share a rack while there is another one.
 */
import { Prng } from '@ottla/stdx'
import { finish, ITEMS_PER_STEP, type Steps } from '../steps.ts'

export interface PlaceableBroker {
  readonly id: number
  /** Brokers without a rack share one. */
  readonly rack: string | null
  /** Fenced brokers hold replicas only where the others do not suffice, and never the first one. */
  readonly fenced: boolean
}

export type Placement =
  | { readonly kind: 'placed'; readonly assignments: readonly (readonly number[])[] }
  /** Ends the sentence "Unable to replicate the partition N time(s): …". */
  | { readonly kind: 'impossible'; readonly reason: string }

/** A rack's brokers, each group in a random order that is taken round robin. */
interface Rack {
  readonly unfenced: readonly number[]
  readonly fenced: readonly number[]
}

export interface PlacementOptions {
  readonly brokers: Iterable<PlaceableBroker>
  readonly firstPartition: number
  readonly partitions: number
  readonly replicationFactor: number
  readonly seed: number
}

/** Replicas for partitions that are numbered from `firstPartition` on. */
export function placeReplicas(options: PlacementOptions): Placement {
  return finish(placeReplicasInSteps(options))
}

export function* placeReplicasInSteps(options: PlacementOptions): Steps<Placement> {
  const { firstPartition, partitions, replicationFactor } = options
  const brokers = [...options.brokers]
  const unfenced = brokers.filter(({ fenced }) => !fenced).length
  if (unfenced === 0) return { kind: 'impossible', reason: 'All brokers are currently fenced.' }
  if (replicationFactor > brokers.length) {
    const reason = `The target replication factor of ${replicationFactor} cannot be reached because only ${brokers.length} broker(s) are registered.`
    return { kind: 'impossible', reason }
  }
  const random = new Prng(options.seed)
  const racks = racksOf(brokers, random)
  const assignments: number[][] = []
  const start = random.below(racks.length)
  for (let index = 0; index < partitions; index += 1) {
    if (index > 0 && index % ITEMS_PER_STEP === 0) yield
    assignments.push(placeOne({ racks, start: start + index, round: firstPartition + index, replicationFactor }))
  }
  return { kind: 'placed', assignments }
}

function racksOf(brokers: readonly PlaceableBroker[], random: Prng): Rack[] {
  const byRack = new Map<string, PlaceableBroker[]>()
  for (const broker of brokers) {
    const name = broker.rack ?? ''
    byRack.set(name, [...(byRack.get(name) ?? []), broker])
  }
  const names = [...byRack.keys()].sort()
  return names.map((name) => {
    const members = (byRack.get(name) ?? []).sort((a, b) => a.id - b.id)
    return {
      unfenced: shuffled(
        members.filter(({ fenced }) => !fenced),
        random,
      ),
      fenced: shuffled(
        members.filter(({ fenced }) => fenced),
        random,
      ),
    }
  })
}

function shuffled(brokers: readonly PlaceableBroker[], random: Prng): number[] {
  const ids = brokers.map(({ id }) => id)
  for (let last = ids.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1)
    const moved = ids[last]!
    ids[last] = ids[other]!
    ids[other] = moved
  }
  return ids
}

/** The leader comes from the first rack with an unfenced broker; then one replica of each rack in turn until there are enough. */
function placeOne({
  racks,
  start,
  round,
  replicationFactor,
}: {
  readonly racks: readonly Rack[]
  readonly start: number
  readonly round: number
  readonly replicationFactor: number
}): number[] {
  const replicas: number[] = []
  const taken = new Array<number>(racks.length).fill(0)
  let rack = start % racks.length
  while (racks[rack]!.unfenced.length === 0) rack = (rack + 1) % racks.length
  // Each rack comes first once in as many partitions as there are racks: only then its next broker gets its turn.
  const turn = Math.floor(round / racks.length)
  for (; replicas.length < replicationFactor; rack = (rack + 1) % racks.length) {
    const id = nth(racks[rack]!, turn, taken[rack]!)
    if (id === undefined) continue
    taken[rack]! += 1
    replicas.push(id)
  }
  return replicas
}

/** The broker that is `count` behind the one whose turn it is; fenced ones come after all unfenced ones. */
function nth({ unfenced, fenced }: Rack, round: number, count: number): number | undefined {
  if (count < unfenced.length) return unfenced[(round + count) % unfenced.length]
  if (count < unfenced.length + fenced.length) return fenced[(round + count) % fenced.length]
  return undefined
}
