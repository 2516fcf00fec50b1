/** Committed offsets in bulk, and how long a broker takes to have them again after a restart. */
import { Peer } from './peer.mjs'

const TOPIC_PARTITIONS = 100
const GROUP = (index) => `load-group-${String(index).padStart(5, '0')}`
const TOPIC = (index) => `load-topic-${index}`
/** Partitions of one commit: what a consumer with many partitions sends. */
const COMMIT_PARTITIONS = 100
const COMMITS_AT_ONCE = 16
const ASKED_AT_ONCE = 50
/** Not there yet: the coordinator, or (3) the news of the topic. */
const LOADING = new Set([3, 14, 15, 16])

export async function makeTopics(bootstrap, partitions) {
  const peer = await Peer.open(bootstrap)
  const topics = Array.from({ length: Math.ceil(partitions / TOPIC_PARTITIONS) }, (_, index) => ({
    name: TOPIC(index),
    numPartitions: TOPIC_PARTITIONS,
    replicationFactor: 1,
  }))
  const { topics: made } = await peer.ask('CreateTopics', 5, { topics, timeoutMs: 60_000 })
  const failed = made.find(({ errorCode }) => errorCode !== 0 && errorCode !== 36)
  if (failed !== undefined) throw new Error(`${failed.name}: error ${failed.errorCode}`)
  peer.close()
}

function commitBody(group, from, value) {
  const topics = []
  for (let at = from; at < from + COMMIT_PARTITIONS; at += TOPIC_PARTITIONS) {
    topics.push({
      name: TOPIC(at / TOPIC_PARTITIONS),
      partitions: Array.from({ length: TOPIC_PARTITIONS }, (_, partitionIndex) => ({
        partitionIndex,
        committedOffset: value + partitionIndex,
        committedMetadata: '',
      })),
    })
  }
  return { groupId: GROUP(group), generationIdOrMemberEpoch: -1, memberId: '', topics }
}

function singleBody(group, name) {
  const partitions = [{ partitionIndex: 0, committedOffset: group, committedMetadata: '' }]
  const topics = [{ name, partitions }]
  return { groupId: `single-${GROUP(group)}`, generationIdOrMemberEpoch: -1, memberId: '', topics }
}

const errorIn = ({ topics }) => topics.flatMap(({ partitions }) => partitions).find(({ errorCode }) => errorCode !== 0)

/** Commits until it is taken: the coordinator may still be coming up. */
async function commit(peer, body) {
  for (;;) {
    const failed = errorIn(await peer.ask('OffsetCommit', 8, body))
    if (failed === undefined) return
    if (!LOADING.has(failed.errorCode)) throw new Error(`commit: error ${failed.errorCode}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** `groups` groups with `partitions` offsets each, all keys different; or with one of the topic `single`. */
export async function commitOffsets(bootstrap, { groups, partitions = COMMIT_PARTITIONS, single }) {
  const peer = await Peer.open(bootstrap)
  await peer.ask('FindCoordinator', 3, { key: GROUP(0), keyType: 0 })
  let group = 0
  const work = async () => {
    while (group < groups) {
      const mine = group++
      if (single !== undefined) await commit(peer, singleBody(mine, single))
      else
        for (let from = 0; from < partitions; from += COMMIT_PARTITIONS)
          await commit(peer, commitBody(mine, from, mine))
    }
  }
  await Promise.all(Array.from({ length: COMMITS_AT_ONCE }, work))
  peer.close()
}

/**
 * Waits until all groups answer with their offsets. Gives when that was, and how long another connection had to wait for the
 * answer to a small request meanwhile.
 */
export async function watchLoading(bootstrap, { groups, partitions, since }) {
  const [peer, other] = [await Peer.openWhenThere(bootstrap), await Peer.openWhenThere(bootstrap)]
  const waits = []
  let isDone = false
  const probe = (async () => {
    while (!isDone) {
      const asked = performance.now()
      await other.ask('ApiVersions', 0)
      waits.push(performance.now() - asked)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  })()
  // Asks for one offset of each group: the answer of a group that is there costs little.
  const topics = [{ name: TOPIC(0), partitionIndexes: [0] }]
  let waiting = Array.from({ length: groups }, (_, index) => index)
  while (waiting.length > 0) {
    // A few at a time: those who wait would otherwise be most of the work.
    const asked = waiting.slice(0, ASKED_AT_ONCE)
    const answers = await Promise.all(
      asked.map((index) => peer.ask('OffsetFetch', 7, { groupId: GROUP(index), topics, requireStable: false })),
    )
    const isThere = asked.map((_, at) => answers[at].errorCode === 0)
    waiting = waiting.filter((_, at) => isThere[at] !== true)
    if (!isThere.every(Boolean)) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const loadedMs = performance.now() - since
  isDone = true
  await probe
  const last = await peer.ask('OffsetFetch', 7, { groupId: GROUP(groups - 1), topics: null, requireStable: false })
  const found = last.topics.reduce((sum, topic) => sum + topic.partitions.length, 0)
  if (found !== partitions) throw new Error(`the last group has ${found} offsets of ${partitions}`)
  peer.close()
  other.close()
  return { loadedMs, longestWaitMs: Math.max(...waits) }
}
