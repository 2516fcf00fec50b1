/**
 * What V8 collects while the tail of the logs fills for the first time. It counts memory of buffers, and collects everything when there is much
 * that is new: that holds the loop for milliseconds, again and again, in the first seconds of a load.
 */
import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { nodeEnv } from '@ottla/env/node'
import { codecOf, ProduceRequest, Writer } from '@ottla/protocol'
import { CollectedBroker } from './collected-broker.test.ts'
import { batch, RawClient, requestFrame } from './test-broker.test.ts'

const TOPIC = 'events'
const BATCH_BYTES = 100_000
/** So small that they are copied out of what was received. */
const COPIED_BYTES = 3000
const MB = 1 << 20
/** More than the tail holds. */
const FILL_BYTES = 80 * MB
const REQUESTS_AT_ONCE = 20

function produceFrame(bytes: number): Buffer {
  const records = batch([{ value: 'x'.repeat(bytes) }])
  const writer = new Writer()
  writer.uvarint(0)
  const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records }] }]
  codecOf(ProduceRequest, 9).encode(writer, { acks: -1, timeoutMs: 10_000, topicData })
  return requestFrame({ key: 0, version: 9, correlationId: 1 }, Buffer.concat(writer.finish()))
}

test('the tail fills for the first time without a collection of everything', async (t) => {
  const broker = await CollectedBroker.start(t, TOPIC)
  const { network } = nodeEnv({ logLevel: 'fatal', timersKeepAlive: true })
  const client = new RawClient(await network.connect({ host: '127.0.0.1', port: broker.port }))
  t.after(() => client.stream.destroy())
  const produce = async (frame: Buffer, bytes: number): Promise<void> => {
    for (let sent = 0; sent < bytes; sent += REQUESTS_AT_ONCE * frame.length) {
      client.received = Buffer.alloc(0)
      client.send(...Array.from({ length: REQUESTS_AT_ONCE }, () => frame))
      await client.correlationIds(REQUESTS_AT_ONCE)
    }
  }
  // What the start left to be collected has nothing to do with it.
  const [large, small] = [produceFrame(BATCH_BYTES), produceFrame(COPIED_BYTES)]
  await produce(large, 8 * MB)
  const before = await broker.collections()
  await produce(large, FILL_BYTES)
  equal((await broker.collections()) - before, 0)
  // Batches of the other kind take the place of those that are there, in slabs of another pool.
  await produce(small, FILL_BYTES)
  equal((await broker.collections()) - before, 0)
})
