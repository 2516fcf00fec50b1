/** Requests that several scenarios send, and what stands in them. */

export const BASE_MS = Date.now() - 60_000

export const records = (count, rest = {}) =>
  Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: `v${i}`, timestamp: BASE_MS + i, ...rest }))

export const produceOf = (topic, batch, rest = {}) => ({
  acks: -1,
  timeoutMs: 10_000,
  topicData: [{ name: topic, partitionData: [{ index: 0, records: batch }] }],
  ...rest,
})

export const fetchOf = (
  topic,
  { fetchOffset = 0, partition = 0, partitionMaxBytes = 1 << 20, currentLeaderEpoch = -1, ...rest } = {},
) => ({
  maxWaitMs: 0,
  minBytes: 1,
  sessionEpoch: -1,
  topics: [{ topic, partitions: [{ partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch }] }],
  ...rest,
})

export async function idOf(side, name) {
  const { topics } = await side.askQuietly('Metadata', 12, { topics: [{ name }], allowAutoTopicCreation: false })
  return topics[0].topicId
}
