/** Runners that share a topic: each record is worked on, those of a partition in order by whoever has it, and the commits end at the end. */
import { expect, newTopic, pause, readTopic } from './reading.mjs'

const PARTITIONS = 4
const MEMBERS = 2

export function grouped({ groupProtocol }) {
  const topic = `grouped-${groupProtocol}`
  const handled = new Set()
  let acknowledged = 0
  let calls = 0
  let isSending = true
  let kafka
  let sending
  let failed = null
  const stop = new AbortController()
  let runs = []

  async function send(producer) {
    for (let n = 0; isSending; ) {
      const records = Array.from({ length: 20 }, () => ({
        topic,
        partition: n % PARTITIONS,
        value: Buffer.from(`${n++}`),
      }))
      await producer.sendAll(records)
      acknowledged += records.length
      await pause(10)
    }
    await producer.close()
  }

  function member(client) {
    const consumer = client.consumer({
      groupId: topic,
      groupProtocol,
      autoOffsetReset: 'earliest',
      autoCommitIntervalMs: 200,
      ...(groupProtocol === 'classic' ? { heartbeatIntervalMs: 500, sessionTimeoutMs: 10_000 } : {}),
    })
    consumer.subscribe([topic])
    const last = new Map()
    return consumer
      .run(
        async ({ partition, offset, value }) => {
          calls += 1
          await pause(0)
          // After a rebalance it may begin again where the commits are, but it leaves nothing out.
          const before = last.get(partition)
          if (before !== undefined && offset > before + 1 && !handled.has(`${Number(value) - PARTITIONS}`)) {
            throw new Error(`${topic}-${partition}: ${offset} comes after ${before}`)
          }
          last.set(partition, offset)
          handled.add(value.toString())
        },
        { concurrency: PARTITIONS, signal: stop.signal },
      )
      .catch((error) => {
        failed = error
      })
      .finally(() => consumer.close())
  }

  return {
    title: `runners of a group (${groupProtocol})`,
    needs: {
      Produce: 3,
      JoinGroup: 2,
      ...(groupProtocol === 'consumer' ? { ConsumerGroupHeartbeat: 0, 'group.version': 1 } : {}),
    },
    progress: () => handled.size,
    failure: () => failed,
    async start(context) {
      kafka = context.kafka
      await newTopic(kafka, topic, PARTITIONS)
      sending = send(context.newClient().producer())
      runs = Array.from({ length: MEMBERS }, () => member(context.newClient()))
      this.until = context.until
    },
    async finish() {
      isSending = false
      await sending
      await this.until('all records are worked on', () => failed !== null || handled.size >= acknowledged)
      stop.abort()
      await Promise.all(runs)
      if (failed !== null) throw failed
    },
    async verify() {
      const partitions = await readTopic(kafka, topic)
      const values = partitions.flat().map(({ value }) => value)
      for (const value of values) expect(handled.has(value), `record ${value} was never worked on`)
      const committed = await kafka.admin().listGroupOffsets(topic)
      for (const { partition, offset } of committed) {
        const end = (partitions[partition].at(-1)?.offset ?? -1) + 1
        expect(offset === end, `partition ${partition} is committed up to ${offset}, not ${end}`)
      }
      return `${handled.size} worked on, ${calls - handled.size} of them again`
    },
  }
}
