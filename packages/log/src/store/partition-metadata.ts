/** The file partition.metadata: which topic, by id, a partition's folder belongs to. */

export const PARTITION_METADATA = 'partition.metadata'
const LINE = /^\s*([a-z_]+)\s*:\s*(\S+)\s*$/
const TOPIC_ID = /^[A-Za-z0-9_-]{22}$/

export function formatPartitionMetadata(topicId: string): Buffer {
  return Buffer.from(`version: 0\ntopic_id: ${topicId}`)
}

/** The topic id; undefined when the file is damaged. */
export function parsePartitionMetadata(content: Buffer): string | undefined {
  const fields = new Map<string, string>()
  for (const line of content.toString().split('\n')) {
    const match = LINE.exec(line)
    if (match !== null) fields.set(match[1]!, match[2]!)
  }
  const topicId = fields.get('topic_id')
  if (fields.get('version') !== '0' || topicId === undefined || !TOPIC_ID.test(topicId)) return undefined
  return topicId
}
