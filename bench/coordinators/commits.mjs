/** Commits of many groups at once: each consumer sends its next commit when the last one is answered. */
import { Peer } from './peer.mjs'

/** Not there yet: the coordinator, or (3) the news of the topic. */
const LOADING = new Set([3, 14, 15, 16])

/** Commits a second, with `consumers` groups of one member each on `connections` connections; `atOnce` commits of each group under way. */
export async function commitRate(bootstrap, { topic, consumers, connections, atOnce = 1, durationMs, partitions = 1 }) {
  const peers = await Promise.all(Array.from({ length: connections }, () => Peer.open(bootstrap)))
  let isOver = false
  let committed = 0
  const waits = []
  const commit = async (peer, groupId, committedOffset) => {
    const body = {
      groupId,
      topics: [
        {
          name: topic,
          partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
            partitionIndex,
            committedOffset,
            committedMetadata: '',
          })),
        },
      ],
    }
    for (;;) {
      const { topics } = await peer.ask('OffsetCommit', 8, body)
      const error = topics[0].partitions[0].errorCode
      if (error === 0) return
      if (!LOADING.has(error)) throw new Error(`commit: error ${error}`)
      await peer.ask('FindCoordinator', 3, { key: groupId, keyType: 0 })
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const groups = Array.from({ length: consumers }, (_, index) => ({
    id: `commit-${index}`,
    peer: peers[index % connections],
  }))
  await Promise.all(groups.map(({ peer, id }) => commit(peer, id, 0)))
  const work = async ({ peer, id }) => {
    for (let offset = 1; !isOver; offset += 1) {
      const asked = performance.now()
      await commit(peer, id, offset)
      committed += 1
      if (committed % 16 === 0) waits.push(performance.now() - asked)
    }
  }
  const started = performance.now()
  const working = groups.flatMap((group) => Array.from({ length: atOnce }, () => work(group)))
  await new Promise((resolve) => setTimeout(resolve, durationMs))
  isOver = true
  const perSecond = (committed / (performance.now() - started)) * 1000
  await Promise.all(working)
  for (const peer of peers) peer.close()
  waits.sort((a, b) => a - b)
  return { perSecond, p50Ms: waits[waits.length >> 1], p99Ms: waits[Math.floor(waits.length * 0.99)] }
}
