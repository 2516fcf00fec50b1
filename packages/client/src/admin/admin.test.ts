import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import { stringCodec } from '../codec/codecs.ts'
import { Kafka } from '../kafka.ts'
import { topic } from '../topic.ts'
import type { Admin } from './admin.ts'
import { ConfigResourceType } from './configs.ts'
import { unwrap } from './outcome.ts'
import { quotaEntityKey } from './quotas.ts'

const words = topic('words', { key: stringCodec, value: stringCodec })

async function world(
  body: (admin: Admin, kafka: Kafka) => Promise<void>,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  await using broker = await createBroker({ settings: { 'transaction.state.log.num.partitions': '1', ...settings } })
  const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  try {
    await kafka.admin().createTopics([{ name: 'words', partitionCount: 1 }])
    await body(kafka.admin(), kafka)
  } finally {
    await kafka.close()
  }
}

test('an open transaction is listed, described, and seen at its partition; fencing its producer ends it', () =>
  world(async ({ transactions }, kafka) => {
    const producer = kafka.transactionalProducer({ transactionalId: 't' })
    const ended = producer.transaction(async (transaction) => {
      await transaction.send({ topic: words, value: 'a' })
      deepEqual(
        (await transactions.list({ states: ['Ongoing'] })).map(({ transactionalId }) => transactionalId),
        ['t'],
      )
      const described = unwrap((await transactions.describe(['t'])).get('t'))
      equal(described.state, 'Ongoing')
      deepEqual(described.partitions, [{ topic: 'words', partition: 0 }])
      ok(described.startedAt !== null)
      const [state] = unwrap(
        [...(await transactions.describeProducers([{ topic: 'words', partition: 0 }])).values()][0],
      )
      equal(state!.producerId, described.producerId)
      equal(state!.transactionStartOffset, 0)
      const fenced = unwrap((await transactions.fenceProducers(['t'])).get('t'))
      ok(fenced.producerEpoch > described.producerEpoch || fenced.producerId !== described.producerId)
    })
    await rejects(ended, { code: 'PRODUCER_FENCED' })
    deepEqual(await transactions.list({ states: ['Ongoing'] }), [])
    equal((await transactions.describe(['unknown'])).get('unknown')?.kind, 'failed')
  }))

test('share groups are described with what they have done, and begin elsewhere when they are told to', () =>
  world(async ({ shareGroups }, kafka) => {
    const resource = { type: ConfigResourceType.group, name: 'workers' }
    const changes = [{ kind: 'set', name: 'share.auto.offset.reset', value: 'earliest' } as const]
    await kafka.admin().incrementalAlterConfigs([{ resource, changes }])
    await kafka.producer().sendAll(['a', 'b', 'c'].map((value) => ({ topic: words, value })))
    const consumer = kafka.shareConsumer({ groupId: 'workers' })
    consumer.subscribe(['words'])
    for await (const task of consumer) {
      await task.ack()
      const described = unwrap((await shareGroups.describe(['workers'])).get('workers'))
      equal(described.state, 'Stable')
      deepEqual(described.members[0]!.assignment, [{ topic: 'words', partition: 0 }])
      break
    }
    await consumer.close()
    const [offset] = await shareGroups.offsets('workers')
    equal(offset!.startOffset, 1)
    equal(offset!.lag, 2)
    const altered = await shareGroups.alterOffsets('workers', [{ topic: 'words', partition: 0, offset: 3 }])
    unwrap([...altered.values()][0])
    equal((await shareGroups.offsets('workers'))[0]!.startOffset, 3)
    unwrap((await shareGroups.deleteOffsets('workers', ['words'])).get('words'))
  }))

test('features are described, and one that would break the cluster is refused', () =>
  world(async ({ features }) => {
    const { features: described } = await features.describe()
    deepEqual(described.get('group.version'), { finalized: 1, supported: { min: 0, max: 1 } })
    await rejects(features.update([{ feature: 'no.such', level: 1 }]), { code: 'INVALID_UPDATE_VERSION' })
    await features.update([{ feature: 'share.version', level: 1, kind: 'safe-downgrade' }])
    equal((await features.describe()).features.get('share.version')?.finalized, 1)
  }))

test('the quorum is one voter, which leads', () =>
  world(async ({ quorum }) => {
    const { leaderId, voters, observers, highWatermark } = await quorum.describe()
    deepEqual(
      voters.map(({ id }) => id),
      [leaderId],
    )
    deepEqual(observers, [])
    ok(highWatermark > 0)
  }))

test('quotas are set, found and taken away', () =>
  world(async ({ quotas }) => {
    const entity = { user: 'anna', clientId: null }
    const altered = await quotas.alter([{ entity, values: { producer_byte_rate: 1000 } }])
    unwrap(altered.get(quotaEntityKey(entity)))
    deepEqual(await quotas.describe({ user: 'anna' }), [{ entity, values: new Map([['producer_byte_rate', 1000]]) }])
    deepEqual(await quotas.describe({ user: 'anna' }, { isStrict: true }), [])
    deepEqual((await quotas.describe({ user: { kind: 'any' } })).length, 1)
    await quotas.alter([{ entity, values: { producer_byte_rate: null } }])
    deepEqual(await quotas.describe(), [])
  }))

test('replicas are found in their folders, and moved to another', async () => {
  const folders = [mkdtempSync(join(tmpdir(), 'ottla-a-')), mkdtempSync(join(tmpdir(), 'ottla-b-'))]
  const at = { topic: 'words', partition: 0 }
  try {
    await world(
      async ({ logDirs }) => {
        const folderOf = async (): Promise<string | undefined> => {
          const [dirs] = [...(await logDirs.describe()).values()]
          return dirs!.find(({ replicas }) =>
            replicas.some(({ topic: name, isFuture }) => name === 'words' && !isFuture),
          )?.path
        }
        const [dirs] = [...(await logDirs.describe()).entries()]
        const [broker, described] = dirs!
        equal(described.length, 2)
        const from = await folderOf()
        const to = described.find(({ path }) => path !== from)!.path
        unwrap([...(await logDirs.alter([{ ...at, broker, path: to }])).values()][0])
        while ((await folderOf()) !== to) await new Promise((resolve) => setImmediate(resolve))
      },
      { 'log.dirs': folders.join(',') },
    )
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true })
  }
})

test('an election that changes nothing says so, and a reassignment to where the replicas are is done', () =>
  world(async ({ replicas }, kafka) => {
    const at = { topic: 'words', partition: 0 }
    const [elected] = [...(await replicas.electLeaders('preferred', [at])).values()]
    equal(elected?.kind === 'failed' && elected.error.code, 'ELECTION_NOT_NEEDED')
    const { brokers } = await kafka.admin().describeCluster()
    unwrap([...(await replicas.reassign([{ ...at, replicas: [brokers[0]!.id] }])).values()][0])
    deepEqual(await replicas.listReassignments(), [])
    const [unknown] = [...(await replicas.reassign([{ ...at, replicas: [99] }])).values()]
    equal(unknown?.kind, 'failed')
  }))

test('what has settings is listed', () =>
  world(async (admin) => {
    const resources = await admin.listConfigResources([ConfigResourceType.topic])
    ok(resources.some(({ name }) => name === 'words'))
  }))
