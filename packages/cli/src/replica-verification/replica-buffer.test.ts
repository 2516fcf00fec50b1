import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder, CompressionType } from '@ottla/protocol'
import { runTool, testBroker } from '../test-io.test.ts'
import { type VerifiedPartition, verify } from './replica-buffer.ts'

function batch(baseOffset: number, values: readonly string[]): Buffer {
  const builder = new BatchBuilder({ baseOffset, compression: CompressionType.none })
  for (const value of values) builder.append({ timestamp: 0, key: null, value: Buffer.from(value), headers: [] })
  return builder.build()
}

function fetched(byBroker: Readonly<Record<number, Buffer>>, highWatermark: number) {
  return new Map(
    Object.entries(byBroker).map(([broker, batches]) => [
      Number(broker),
      new Map([['t-0', { highWatermark, batches }]]),
    ]),
  )
}

function partition(): VerifiedPartition {
  return { topic: 't', partition: 0, replicas: [1, 2], offset: 0 }
}

test('replicas that are alike are passed by, and what is behind counts as lag', () => {
  const one = partition()
  const all = Buffer.concat([batch(0, ['a', 'b']), batch(2, ['c'])])
  const result = verify([one], fetched({ 1: all, 2: all }, 3))
  deepEqual([result.mismatches, result.maxLag?.lag, one.offset], [[], 0, 3])
  const behind = partition()
  equal(verify([behind], fetched({ 1: all, 2: batch(0, ['a', 'b']) }, 3)).maxLag?.lag, 1)
  equal(behind.offset, 2)
})

test('other contents are told, other offsets end it', () => {
  const other = verify([partition()], fetched({ 1: batch(0, ['a']), 2: batch(0, ['x']) }, 1))
  match(
    other.mismatches[0]!,
    /^partition t-0 has unmatched checksum at offset 0; replica 1's checksum \d+; replica 2's/,
  )
  equal(other.isFatal, false)
  deepEqual(verify([partition()], fetched({ 1: batch(0, ['a']), 2: batch(0, ['a', 'b']) }, 2)), {
    maxLag: null,
    mismatches: ["partition t-0: replica 1's offset 0 doesn't match replica 2's offset 1"],
    isFatal: true,
  })
})

test('kafka-replica-verification reports until it is told to end', async (t) => {
  const { servers } = await testBroker(t)
  await runTool('kafka-verifiable-producer', [...servers, '--topic', 'r', '--max-messages', '3'])
  const stop = new AbortController()
  const onOut = (text: string) => {
    if (text.includes('max lag')) stop.abort(new Error('stopped by SIGTERM'))
  }
  const argv = ['--broker-list', servers[1]!, '--topics-include', 'r.*', '--time', '-2', '--max-wait-ms', '10']
  const { code, out } = await runTool('kafka-replica-verification', [...argv, '--report-interval-ms', '1'], {
    signal: stop.signal,
    onOut,
  })
  equal(code, 143)
  match(
    out,
    /^[\d-]{10} [\d:]{8},\d{3}: verification process is started\n.*: max lag is 0 for partition r-0 at offset 3 among 1 partitions\n$/,
  )
  const none = await runTool('kafka-replica-verification', ['--broker-list', servers[1]!, '--topics-include', 'none'])
  deepEqual([none.code, none.out], [1, ''])
  match(none.err, /^No topics found\./)
  match(
    (await runTool('kafka-replica-verification', ['--time', '1'])).err,
    /^Missing required argument "\[broker-list\]"/,
  )
  match((await runTool('kafka-replica-verification', ['--broker-list', 'x'])).err, /^Please provide valid host:port/)
})
