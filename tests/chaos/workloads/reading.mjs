/** What is in a topic when all is over. */

/** Records by partition, each in order; of transactions only what was committed. */
export async function readTopic(kafka, topic) {
  const consumer = kafka.consumer({ autoOffsetReset: 'earliest', isolationLevel: 'read_committed' })
  const partitions = await consumer.partitionsFor(topic)
  const ends = await kafka.admin().listOffsets(
    partitions.map((each) => ({ ...each, timestamp: -1 })),
    { isolationLevel: 'read_committed' },
  )
  consumer.assign(partitions)
  const records = partitions.map(() => [])
  const open = new Map([...ends.values()].map(({ value }) => [value.partition, value.offset]))
  while (open.size > 0) {
    for (const record of await consumer.poll({ timeoutMs: 200 })) {
      records[record.partition].push({ offset: record.offset, value: record.value.toString() })
    }
    for (const [partition, end] of open) {
      if ((await consumer.position({ topic, partition })) >= end) open.delete(partition)
    }
  }
  await consumer.close()
  return records
}

/** With as many replicas as the cluster wants. */
export async function newTopic(kafka, name, partitionCount) {
  const [created] = (await kafka.admin().createTopics([{ name, partitionCount }])).values()
  if (created.kind === 'failed') throw created.error
  return name
}

export function expect(condition, message) {
  if (!condition) throw new Error(message)
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
