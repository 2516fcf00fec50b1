/** Whether a system can do what a case is about: asked of the broker, by ApiVersions alone. */
import { API_KEYS } from '@ottla/protocol'

/**
 * `needs` of a case names APIs with the lowest version that will do, and finalized features with their level:
 * `{ Produce: 3, 'group.version': 1 }`. Null when all is there, else what is missing.
 */
export function missing(needs, peer) {
  for (const [name, version] of Object.entries(needs)) {
    if (name.includes('.')) {
      const level = peer.features.get(name) ?? 0
      if (level < version) return `${name} is ${level}, not ${version}`
      continue
    }
    const key = API_KEYS[name]
    if (key === undefined) throw new Error(`there is no API ${name}`)
    const range = peer.apis.get(key)
    if (range === undefined) return `no ${name}`
    if (range.max < version) return `${name} up to version ${range.max}, not ${version}`
  }
  return null
}

/** What several cases ask for. */
export const NEEDS = {
  records: { Produce: 3, Fetch: 4 },
  zstd: { Produce: 7, Fetch: 10 },
  idempotence: { Produce: 3, Fetch: 4, InitProducerId: 0 },
  classicGroup: { Fetch: 4, JoinGroup: 0, SyncGroup: 0, Heartbeat: 0, LeaveGroup: 0, OffsetCommit: 2, OffsetFetch: 1 },
  staticMembers: { JoinGroup: 5, SyncGroup: 3, Heartbeat: 3, OffsetCommit: 7 },
  consumerGroup: { ConsumerGroupHeartbeat: 0, 'group.version': 1 },
  transactions: { InitProducerId: 0, AddPartitionsToTxn: 0, EndTxn: 0, Produce: 3, Fetch: 4 },
  shareGroup: { ShareGroupHeartbeat: 1, ShareFetch: 1, ShareAcknowledge: 1, 'share.version': 1 },
}
