/** Acknowledgements of share consumers: each fetches, and says with its next fetch that it is done with what it got. */
import { BatchBuilder } from '@ottla/protocol'
import { Peer } from './peer.mjs'

const RETRY = new Set([14, 15, 16])
const ACCEPT = 1
const RECORDS_PER_BATCH = 500
const VALUE = 'x'.repeat(100)
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function settled(ask) {
  for (;;) {
    const answer = await ask()
    if (answer.errorCode === 0) return answer
    if (!RETRY.has(answer.errorCode)) throw new Error(`error ${answer.errorCode}: ${answer.errorMessage}`)
    await sleep(50)
  }
}

/** Makes the topic, fills each partition, and gives the topic's id. */
async function fill(peer, topic, { partitions, records }) {
  const { topics } = await peer.ask('CreateTopics', 7, {
    topics: [{ name: topic, numPartitions: partitions, replicationFactor: 1 }],
    timeoutMs: 60_000,
  })
  const builder = new BatchBuilder({ timestamp: Date.now() })
  for (let i = 0; i < RECORDS_PER_BATCH; i++) builder.append({ value: VALUE })
  const batch = builder.build()
  for (let partition = 0; partition < partitions; partition++) {
    for (let written = 0; written < records; ) {
      const { responses } = await peer.ask('Produce', 12, {
        acks: -1,
        timeoutMs: 30_000,
        topicData: [{ name: topic, partitionData: [{ index: partition, records: Buffer.from(batch) }] }],
      })
      const { errorCode } = responses[0].partitionResponses[0]
      if (errorCode === 0) written += RECORDS_PER_BATCH
      else await sleep(50)
    }
  }
  return topics[0].topicId
}

/** A group that starts at the beginning of all partitions. */
async function makeGroup(peer, { groupId, topic, partitions }) {
  await settled(async () => (await peer.ask('FindCoordinator', 6, { coordinatorKeys: [groupId] })).coordinators[0])
  const startAt = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, startOffset: 0 }))
  await settled(async () => {
    const topics = [{ topicName: topic, partitions: startAt }]
    const { errorCode, responses } = await peer.ask('AlterShareGroupOffsets', 0, { groupId, topics })
    const failed = responses.flatMap(({ partitions }) => partitions).find((each) => each.errorCode !== 0)
    return errorCode === 0 && failed !== undefined ? failed : { errorCode }
  })
}

/** Joins, and heartbeats until it has as many partitions as it is due. */
async function join(peer, { groupId, memberId, topic, share }) {
  let epoch = 0
  for (;;) {
    const answer = await settled(() =>
      peer.ask('ShareGroupHeartbeat', 1, {
        groupId,
        memberId,
        memberEpoch: epoch,
        subscribedTopicNames: epoch === 0 ? [topic] : null,
      }),
    )
    epoch = answer.memberEpoch
    const assigned = answer.assignment?.topicPartitions[0]?.partitions ?? []
    if (assigned.length > 0 && assigned.length <= share) return assigned
    await sleep(200)
  }
}

/** Acknowledged records a second, of so many consumers with a partition each that take up to `maxRecords` at once. */
export async function acknowledgementRate(bootstrap, { consumers, maxRecords, records, durationMs, topic }) {
  const groupId = `${topic}-group`
  const peer = await Peer.open(bootstrap)
  const topicId = await fill(peer, topic, { partitions: consumers, records })
  await makeGroup(peer, { groupId, topic, partitions: consumers })
  let isOver = false
  let acknowledged = 0
  const members = await Promise.all(
    Array.from({ length: consumers }, async (_, index) => {
      const own = await Peer.open(bootstrap)
      const memberId = `memberAAAAAAAAAAAAA${String(index).padStart(2, '0')}A`
      return { own, memberId, assigned: await join(own, { groupId, memberId, topic, share: 1 }) }
    }),
  )
  const work = async ({ own, memberId, assigned }) => {
    let left = records * assigned.length
    let acknowledgements = new Map()
    for (let sessionEpoch = 0; left > 0 && !isOver; sessionEpoch++) {
      const isFirst = sessionEpoch === 0
      const named = isFirst ? assigned : [...acknowledgements.keys()]
      const partitions = named.map((partitionIndex) => ({
        partitionIndex,
        acknowledgementBatches: (acknowledgements.get(partitionIndex) ?? []).map(({ firstOffset, lastOffset }) => ({
          firstOffset,
          lastOffset,
          acknowledgeTypes: [ACCEPT],
        })),
      }))
      const { errorCode, errorMessage, responses } = await own.ask('ShareFetch', 1, {
        groupId,
        memberId,
        shareSessionEpoch: sessionEpoch,
        maxWaitMs: 500,
        minBytes: 1,
        maxBytes: 50_000_000,
        maxRecords,
        batchSize: maxRecords,
        topics: partitions.length === 0 ? [] : [{ topicId, partitions }],
      })
      if (errorCode !== 0) throw new Error(`share fetch: error ${errorCode}: ${errorMessage}`)
      const done = [...acknowledgements.values()].flat()
      for (const { firstOffset, lastOffset } of done) {
        acknowledged += lastOffset - firstOffset + 1
        left -= lastOffset - firstOffset + 1
      }
      acknowledgements = new Map()
      for (const { partitions } of responses)
        for (const { partitionIndex, acquiredRecords, acknowledgeErrorCode } of partitions) {
          if (acknowledgeErrorCode !== 0) throw new Error(`acknowledgement: error ${acknowledgeErrorCode}`)
          if (acquiredRecords.length > 0) acknowledgements.set(partitionIndex, acquiredRecords)
        }
    }
    own.close()
  }
  const began = performance.now()
  const working = Promise.all(members.map(work))
  await Promise.race([sleep(durationMs), working])
  const perSecond = (acknowledged / (performance.now() - began)) * 1000
  isOver = true
  await working
  peer.close()
  return perSecond
}
