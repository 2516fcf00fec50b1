/** Members of a share group: each record is done, and none comes again once its acknowledgement was answered. */
import { ConfigResourceType } from '@ottla/client'
import { expect, newTopic, pause } from './reading.mjs'

const topic = 'shared'
const MEMBERS = 2

export function sharing() {
  /** Times of the answer to the acknowledgement, by value. */
  const done = new Map()
  const seen = new Set()
  let acknowledged = 0
  let unanswered = 0
  let again = 0
  let isSending = true
  let sending
  let failed = null
  const stop = new AbortController()
  let runs = []

  async function send(producer) {
    for (let n = 0; isSending; ) {
      const records = Array.from({ length: 10 }, () => ({ topic, value: Buffer.from(`${n++}`) }))
      await producer.sendAll(records)
      acknowledged += records.length
      await pause(10)
    }
    await producer.close()
  }

  function member(client) {
    const consumer = client.shareConsumer({ groupId: topic, maxRecords: 20 })
    consumer.subscribe([topic])
    return consumer
      .run(
        async (task) => {
          const value = task.record.value.toString()
          if (seen.has(value)) again += 1
          if (done.has(value)) throw new Error(`task ${value} came again after its acknowledgement was answered`)
          seen.add(value)
          await task.ack().then(
            () => done.set(value, performance.now()),
            () => {
              unanswered += 1
            },
          )
        },
        { concurrency: 10, signal: stop.signal },
      )
      .catch((error) => {
        failed = error
      })
      .finally(() => consumer.close())
  }

  return {
    title: 'members of a share group',
    needs: { Produce: 3, ShareGroupHeartbeat: 1, ShareFetch: 1, ShareAcknowledge: 1, 'share.version': 1 },
    progress: () => done.size,
    failure: () => failed,
    async start(context) {
      await newTopic(context.kafka, topic, 1)
      const resource = { type: ConfigResourceType.group, name: topic }
      const set = (name, value) => ({ kind: 'set', name, value })
      const changes = [set('share.auto.offset.reset', 'earliest'), set('share.record.lock.duration.ms', '5000')]
      await context.kafka.admin().incrementalAlterConfigs([{ resource, changes }])
      sending = send(context.newClient().producer())
      runs = Array.from({ length: MEMBERS }, () => member(context.newClient()))
      this.until = context.until
    },
    async finish() {
      isSending = false
      await sending
      await this.until(`all ${acknowledged} tasks are seen`, () => failed !== null || seen.size >= acknowledged)
      stop.abort()
      await Promise.all(runs)
      if (failed !== null) throw failed
    },
    async verify() {
      expect(seen.size === acknowledged, `${seen.size} of ${acknowledged} came`)
      return `${done.size} done, ${again} came again, ${unanswered} acknowledgements were not answered well`
    },
  }
}
