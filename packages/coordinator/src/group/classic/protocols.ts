/** Which protocol (assignor) the members of a group can agree on, and which topics they subscribed to. */
import { ConsumerProtocolSubscription, codecOf, Reader } from '@ottla/protocol'
import type { ClassicMember, MemberProtocol } from './classic-group.ts'

/** The protocol type of Kafka's consumers; their metadata says which topics they subscribed to. */
export const CONSUMER_PROTOCOL_TYPE = 'consumer'

export function countProtocols(members: Iterable<ClassicMember>): ReadonlyMap<string, number> {
  let counts: ReadonlyMap<string, number> = new Map()
  for (const { protocols } of members) counts = withProtocols(counts, [], protocols)
  return counts
}

/** The counts when a member goes from supporting `before` to supporting `after`. A name counts once per member. */
export function withProtocols(
  counts: ReadonlyMap<string, number>,
  before: readonly MemberProtocol[],
  after: readonly MemberProtocol[],
): ReadonlyMap<string, number> {
  const changed = new Map(counts)
  for (const name of names(before)) changed.set(name, (changed.get(name) ?? 0) - 1)
  for (const name of names(after)) changed.set(name, (changed.get(name) ?? 0) + 1)
  for (const [name, count] of changed) if (count === 0) changed.delete(name)
  return changed
}

function names(protocols: readonly MemberProtocol[]): Set<string> {
  return new Set(protocols.map(({ name }) => name))
}

/**
 * The protocol for the next generation: among those that all members support, each member votes for the first of its
 * own list, and most votes win. Of equal ones the first that got a vote wins.
 */
export function selectProtocol(members: readonly ClassicMember[], counts: ReadonlyMap<string, number>): string | null {
  const votes = new Map<string, number>()
  for (const { protocols } of members) {
    const choice = protocols.find(({ name }) => counts.get(name) === members.length)
    if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
  }
  let winner: string | null = null
  for (const [name, count] of votes) if (winner === null || count > (votes.get(winner) as number)) winner = name
  return winner
}

/** The metadata that the member gave for the protocol; empty when it does not support it. */
export function metadataOf(member: ClassicMember, protocolName: string | null): Buffer {
  return member.protocols.find(({ name }) => name === protocolName)?.metadata ?? NO_METADATA
}

const NO_METADATA = Buffer.alloc(0)

/** The same protocols with the same metadata in the same order. */
export function matchesProtocols(member: ClassicMember, protocols: readonly MemberProtocol[]): boolean {
  if (member.protocols.length !== protocols.length) return false
  return protocols.every(({ name, metadata }, index) => {
    const known = member.protocols[index] as MemberProtocol
    return known.name === name && known.metadata.equals(metadata)
  })
}

/**
 * The topics that the members of a consumer group subscribed to. null: not known, as the group is of another type, has
 * no protocol yet, or a member's metadata is not a subscription.
 */
export function subscribedTopicsOf(
  members: readonly ClassicMember[],
  protocolType: string | null,
  protocolName: string | null,
): ReadonlySet<string> | null {
  if (protocolType !== CONSUMER_PROTOCOL_TYPE) return null
  if (members.length > 0 && protocolName === null) return null
  const topics = new Set<string>()
  for (const member of members) {
    const subscribed = topicsIn(metadataOf(member, protocolName))
    if (subscribed === null) return null
    for (const topic of subscribed) topics.add(topic)
  }
  return topics
}

/** Read as version 0, which all later versions begin with. */
function topicsIn(metadata: Buffer): readonly string[] | null {
  try {
    const reader = new Reader(metadata)
    if (reader.int16() < 0) return null
    return codecOf(ConsumerProtocolSubscription, 0).decode(reader).topics
  } catch {
    return null
  }
}
