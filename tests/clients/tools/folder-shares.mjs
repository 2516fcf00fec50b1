/** A share group and its share state, written into a folder by one broker and read out of it by another. */
import { until } from './wire.mjs'

const GROUP = 'sharing'
const TOPIC = 'plain'
const [ACKNOWLEDGED, ARCHIVED] = [2, 4]

/** Makes the group, and has a leader write what became of some records. The topic `plain` is there. */
export async function fillShares(wire) {
  await groupLed(wire)
  const topics = [
    { topicName: TOPIC, partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, startOffset: 3 })) },
  ]
  await until(
    async () => {
      const { errorCode, responses } = await wire.ask('AlterShareGroupOffsets', 0, { groupId: GROUP, topics })
      return errorCode === 0 && responses[0].partitions.every((each) => each.errorCode === 0)
    },
    { what: 'a share group' },
  )
  await continueShares(wire, [batch(3, 5, ACKNOWLEDGED, 1), batch(8, 9, ARCHIVED, 5)])
}

/** Another leader goes on. */
export async function continueShares(wire, stateBatches = [batch(11, 11, ACKNOWLEDGED, 2)]) {
  const { topicId } = await shareLed(wire)
  const leaderEpoch = stateBatches[0].firstOffset
  const { stateEpoch } = await stateOf(wire, topicId, 0, leaderEpoch)
  const partition = { partition: 0, stateEpoch, leaderEpoch, startOffset: -1, deliveryCompleteCount: 5, stateBatches }
  const written = await wire.ask('WriteShareGroupState', 1, {
    groupId: GROUP,
    topics: [{ topicId, partitions: [partition] }],
  })
  const { errorCode } = written.results[0].partitions[0]
  if (errorCode !== 0) throw new Error(`share state is not written: error ${errorCode}`)
}

/** All that can be seen of it. */
export async function shareContents(wire) {
  await groupLed(wire)
  const { topicId } = await shareLed(wire)
  const { groups } = await wire.ask('DescribeShareGroupOffsets', 1, { groups: [{ groupId: GROUP, topics: null }] })
  const described = await wire.ask('ShareGroupDescribe', 1, { groupIds: [GROUP] })
  const { groupState, groupEpoch } = described.groups[0]
  const states = []
  for (const partition of [0, 1]) states.push(await stateOf(wire, topicId, partition))
  const partitions = [...groups[0].topics[0].partitions].sort((a, b) => a.partitionIndex - b.partitionIndex)
  return { groupState, groupEpoch, offsets: partitions.map(({ startOffset, lag }) => ({ startOffset, lag })), states }
}

async function stateOf(wire, topicId, partition, leaderEpoch = -1) {
  const request = { groupId: GROUP, topics: [{ topicId, partitions: [{ partition, leaderEpoch }] }] }
  const { results } = await wire.ask('ReadShareGroupState', 0, request)
  const { errorCode, stateEpoch, startOffset, stateBatches } = results[0].partitions[0]
  if (errorCode !== 0) throw new Error(`share state is not read: error ${errorCode}`)
  return { stateEpoch, startOffset, stateBatches }
}

function groupLed(wire) {
  return until(
    async () => {
      const found = await wire.ask('FindCoordinator', 6, { keyType: 0, coordinatorKeys: [GROUP] })
      if (found.coordinators[0].errorCode !== 0) return false
      const { groups } = await wire.ask('ShareGroupDescribe', 1, { groupIds: [GROUP] })
      return groups[0].errorCode === 0 || groups[0].errorCode === 69
    },
    { what: 'a coordinator of groups' },
  )
}

/** Waits for the share coordinators of the topic; gives its id. */
async function shareLed(wire) {
  const { topics } = await wire.ask('Metadata', 12, { topics: [{ name: TOPIC }] })
  const { topicId } = topics[0]
  const coordinatorKeys = [0, 1].map((partition) => `${GROUP}:${topicId}:${partition}`)
  const partitions = [0, 1].map((partition) => ({ partition, leaderEpoch: -1 }))
  await until(
    async () => {
      const { coordinators } = await wire.ask('FindCoordinator', 6, { keyType: 2, coordinatorKeys })
      if (coordinators.some(({ errorCode }) => errorCode !== 0)) return false
      const request = { groupId: GROUP, topics: [{ topicId, partitions }] }
      const { results } = await wire.ask('ReadShareGroupStateSummary', 0, request)
      return results[0].partitions.every(({ errorCode }) => errorCode === 0)
    },
    { what: 'a share coordinator' },
  )
  return { topicId }
}

function batch(firstOffset, lastOffset, deliveryState, deliveryCount) {
  return { firstOffset, lastOffset, deliveryState, deliveryCount }
}
