import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { type MetadataRecord, ZERO_UUID } from '@ottla/protocol'
import { SnapshotRegistry } from '@ottla/stdx'
import fc from 'fast-check'
import {
  brokerRegistrationChangeRecord,
  clientQuotaRecord,
  configRecord,
  featureLevelRecord,
  partitionChangeRecord,
  partitionRecord,
  producerIdsRecord,
  registerBrokerRecord,
  removeTopicRecord,
  topicRecord,
  unregisterBrokerRecord,
} from '../records/make-record.ts'
import { ConfigResourceType } from './configs-image.ts'
import { applyRecords } from './image-builder.ts'
import { imageRecords } from './image-records.ts'
import { ImageTimeline } from './image-timeline.ts'
import { type MetadataDelta, mergeDeltas } from './metadata-delta.ts'
import { EMPTY_IMAGE, type MetadataImage } from './metadata-image.ts'
import type { PartitionImage } from './topics-image.ts'

const LEVEL = 33

function partition(replicas: readonly number[]): PartitionImage {
  return {
    replicas,
    isr: replicas,
    removingReplicas: [],
    addingReplicas: [],
    leader: replicas[0] ?? -1,
    leaderRecoveryState: 0,
    leaderEpoch: 0,
    partitionEpoch: 0,
    directories: replicas.map(() => ZERO_UUID),
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
  }
}

function registration(brokerId: number, brokerEpoch: number, fenced: boolean): MetadataRecord {
  return registerBrokerRecord(LEVEL, {
    brokerId,
    isMigratingZkBroker: false,
    incarnationId: ZERO_UUID,
    brokerEpoch,
    endPoints: [{ name: 'PLAINTEXT', host: 'h', port: 9092, securityProtocol: 0 }],
    features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: LEVEL }],
    rack: null,
    fenced,
    inControlledShutdown: false,
    logDirs: [],
    cordonedLogDirs: null,
  })
}

/** What may happen next, as numbers that mean something only in the light of the image. */
const happening = fc.record({
  kind: fc.nat({ max: 9 }),
  a: fc.nat({ max: 5 }),
  b: fc.nat({ max: 3 }),
})

/** Records of something legal; empty when nothing of the kind can happen now. */
function recordsOf(
  image: MetadataImage,
  { kind, a, b }: { kind: number; a: number; b: number },
  serial: number,
): MetadataRecord[] {
  const name = `topic.${a}`
  const topic = image.topics.byName(name)
  const id = `${String(serial).padStart(20, '0')}AA`
  switch (kind) {
    case 0:
    case 1:
      if (topic !== undefined) return []
      return [
        topicRecord(name, id),
        ...Array.from({ length: b + 1 }, (_, p) => partitionRecord(LEVEL, id, p, partition([1, 2]))),
      ]
    case 2:
      return topic === undefined ? [] : [removeTopicRecord(topic.id)]
    case 3:
      if (topic?.partitions[b] === undefined) return []
      return [partitionChangeRecord(LEVEL, topic.id, b, serial % 2 === 0 ? { leader: a } : { isr: [a], leader: -1 })]
    case 4:
      return topic === undefined ? [] : [partitionRecord(LEVEL, topic.id, topic.partitions.length, partition([b]))]
    case 5: {
      const resource = { type: a < 3 ? ConfigResourceType.TOPIC : ConfigResourceType.BROKER, name: a < 3 ? name : '' }
      return [configRecord(resource, `key.${b}`, serial % 3 === 0 ? null : String(serial))]
    }
    case 6:
      return [registration(a, serial, b === 0)]
    case 7:
      if (!image.brokers.has(a)) return []
      return b === 0
        ? [unregisterBrokerRecord(a, 0)]
        : [brokerRegistrationChangeRecord(LEVEL, a, 0, { fenced: b === 1 ? 1 : -1, inControlledShutdown: 1 })]
    case 8:
      return [
        clientQuotaRecord(
          new Map([['user', a === 0 ? null : `u${a}`]]),
          `q${b}`,
          serial % 4 === 0 ? undefined : serial,
        ),
      ]
    default:
      return [producerIdsRecord(1, 1, serial * 1000)]
  }
}

const history = fc.array(happening, { maxLength: 60, size: 'max' })

function batchesOf(happenings: readonly { kind: number; a: number; b: number }[]): MetadataRecord[][] {
  const batches: MetadataRecord[][] = [[featureLevelRecord('metadata.version', LEVEL)]]
  let image = apply(EMPTY_IMAGE, batches[0]!, 0)
  for (const [index, each] of happenings.entries()) {
    const records = recordsOf(image, each, index + 1)
    if (records.length === 0) continue
    batches.push(records)
    image = apply(image, records, index + 1)
  }
  return batches
}

function apply(image: MetadataImage, records: readonly MetadataRecord[], offset: number): MetadataImage {
  return applyRecords(image, records, { offset, epoch: 1 }).image
}

/** All that an image says, in one order. */
function contents(image: MetadataImage): MetadataRecord[] {
  return [...imageRecords(image)]
}

test('a snapshot and the tail behind it give the same image as the whole log, wherever the snapshot was taken', () => {
  fc.assert(
    fc.property(history, fc.nat(), (happenings, at) => {
      const batches = batchesOf(happenings)
      const cut = at % (batches.length + 1)
      const whole = apply(EMPTY_IMAGE, batches.flat(), 100)
      const before = apply(EMPTY_IMAGE, batches.slice(0, cut).flat(), 50)
      const fromSnapshot = apply(apply(EMPTY_IMAGE, contents(before), 50), batches.slice(cut).flat(), 100)
      deepEqual(contents(fromSnapshot), contents(whole))
      deepEqual(contents(batches.reduce((image, batch) => apply(image, batch, 100), EMPTY_IMAGE)), contents(whole))
    }),
    { numRuns: 150 },
  )
})

/** What a delta should say, found the slow way. */
function difference(before: MetadataImage, after: MetadataImage) {
  const ids = (image: MetadataImage) => new Map([...image.topics.all()].map((topic) => [topic.id, topic]))
  const [old, now] = [ids(before), ids(after)]
  const changed = [...now.values()].flatMap((topic) => {
    const was = old.get(topic.id)
    const partitions = topic.partitions.flatMap((each, p) =>
      JSON.stringify(each) === JSON.stringify(was?.partitions[p]) ? [] : [p],
    )
    return partitions.length === 0 ? [] : [{ id: topic.id, isNew: was === undefined, partitions }]
  })
  return { changed, deleted: [...old.keys()].filter((id) => !now.has(id)).sort() }
}

function summary(delta: MetadataDelta) {
  const changed = [...delta.topics].map(([id, topic]) => ({
    id,
    isNew: topic.isNew,
    partitions: [...topic.partitions].sort(),
  }))
  return { changed, deleted: [...delta.deletedTopics.keys()].sort() }
}

test('a delta names what is new, changed and gone, also when it was merged from several', () => {
  fc.assert(
    fc.property(history, fc.nat(), (happenings, at) => {
      const batches = batchesOf(happenings)
      const cut = at % (batches.length + 1)
      const before = apply(EMPTY_IMAGE, batches.slice(0, cut).flat(), 1)
      const rest = batches.slice(cut)
      const atOnce = applyRecords(before, rest.flat(), { offset: 2, epoch: 1 })
      let image = before
      const deltas = rest.map((batch) => {
        const step = applyRecords(image, batch, { offset: 2, epoch: 1 })
        image = step.image
        return step.delta
      })
      const expected = difference(before, atOnce.image)
      const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
      for (const delta of [
        atOnce.delta,
        deltas.reduce(mergeDeltas, applyRecords(before, [], { offset: 2, epoch: 1 }).delta),
      ]) {
        const { changed, deleted } = summary(delta)
        deepEqual(deleted, expected.deleted)
        // A change that was taken back again is still in the delta: it may name more partitions, never fewer.
        for (const topic of expected.changed) {
          const found = changed.find(({ id }) => id === topic.id)
          equal(found?.isNew, topic.isNew)
          equal(
            topic.partitions.every((p) => found?.partitions.includes(p)),
            true,
          )
        }
        deepEqual(
          changed
            .filter(({ isNew }) => isNew)
            .sort(byId)
            .map(({ id }) => id),
          expected.changed
            .filter(({ isNew }) => isNew)
            .sort(byId)
            .map(({ id }) => id),
        )
      }
    }),
    { numRuns: 100 },
  )
})

test('what did not change is the same object in the next image', () => {
  const records = [
    topicRecord('a', 'A'),
    partitionRecord(LEVEL, 'A', 0, partition([1])),
    topicRecord('b', 'B'),
    partitionRecord(LEVEL, 'B', 0, partition([1])),
  ]
  const before = apply(EMPTY_IMAGE, records, 3)
  const after = apply(before, [partitionChangeRecord(LEVEL, 'A', 0, { leader: 2 })], 4)
  equal(after.topics.byName('b'), before.topics.byName('b'))
  equal(after.configs, before.configs)
  equal(after.brokers, before.brokers)
  equal(before.topics.partition('a', 0)?.leader, 1)
  equal(after.topics.partition('a', 0)?.leader, 2)
  equal(after.topics.partition('a', 0)?.leaderEpoch, 1)
  equal(after.topics.partition('a', 0)?.partitionEpoch, 1)
})

test('a topic deleted and created again under its name is another topic, without the settings of the first', () => {
  const setting = configRecord({ type: ConfigResourceType.TOPIC, name: 'a' }, 'k', 'v')
  const first = apply(EMPTY_IMAGE, [topicRecord('a', 'A'), partitionRecord(LEVEL, 'A', 0, partition([1])), setting], 2)
  const again = [removeTopicRecord('A'), topicRecord('a', 'B'), partitionRecord(LEVEL, 'B', 0, partition([2]))]
  const { image, delta } = applyRecords(first, again, { offset: 5, epoch: 1 })
  equal(image.topics.byId('A'), undefined)
  equal(image.topics.byName('a')?.id, 'B')
  equal(image.configs.of(ConfigResourceType.TOPIC, 'a').size, 0)
  deepEqual([...delta.deletedTopics.keys()], ['A'])
  deepEqual([...delta.topics.keys()], ['B'])
})

test('levels that do not work here are kept, and not in force', () => {
  const image = apply(
    EMPTY_IMAGE,
    [featureLevelRecord('metadata.version', 30), featureLevelRecord('kraft.version', 1)],
    1,
  )
  deepEqual([...image.features.finalized], [['metadata.version', 30]])
  equal(image.features.level('kraft.version'), 0)
  deepEqual(contents(image).length, 2)
})

test('records of security survive a snapshot though nothing uses them yet', () => {
  const records: MetadataRecord[] = [
    {
      kind: 'UserScramCredentialRecord',
      version: 0,
      value: {
        name: 'u',
        mechanism: 1,
        salt: Buffer.of(1),
        storedKey: Buffer.of(2),
        serverKey: Buffer.of(3),
        iterations: 4096,
      },
    },
    {
      kind: 'AccessControlEntryRecord',
      version: 0,
      value: {
        id: 'X',
        resourceType: 2,
        resourceName: 't',
        patternType: 3,
        principal: 'User:u',
        host: '*',
        operation: 3,
        permissionType: 3,
      },
    },
  ]
  deepEqual(
    new Set(contents(apply(EMPTY_IMAGE, records, 1)).map(({ kind }) => kind)),
    new Set(records.map(({ kind }) => kind)),
  )
})

test('the timeline goes back to any mark, and publishes what is committed once', () => {
  fc.assert(
    fc.property(history, fc.array(fc.nat({ max: 3 }), { maxLength: 60, size: 'max' }), (happenings, choices) => {
      const registry = new SnapshotRegistry()
      const timeline = new ImageTimeline(registry, EMPTY_IMAGE)
      const ends: { end: number; contents: MetadataRecord[] }[] = [{ end: 0, contents: [] }]
      let [end, committed] = [0, 0]
      let published: MetadataRecord[] = []
      for (const [index, each] of happenings.entries()) {
        const records = recordsOf(timeline.get(), each, index + 1)
        if (records.length > 0) {
          registry.snapshot(end)
          for (const record of records) timeline.replay(record, end++, 1)
          ends.push({ end, contents: contents(timeline.get()) })
        }
        const choice = choices[index] ?? 0
        if (choice === 1 && ends.length > 1) {
          const target = ends.findLast((mark) => mark.end < end && mark.end >= committed) ?? ends.at(-1)!
          if (target.end < end && registry.has(target.end)) {
            registry.revertTo(target.end)
            end = target.end
            ends.splice(ends.findIndex((mark) => mark.end === end) + 1)
            deepEqual(contents(timeline.get()), target.contents)
          }
        } else if (choice === 2) {
          committed = ends.find((mark) => mark.end > committed)?.end ?? committed
          const update = timeline.publish(committed)
          if (update !== null) published = contents(update.image)
          deepEqual(published, ends.find((mark) => mark.end === committed)?.contents ?? [])
          registry.release(committed >= end ? Number.POSITIVE_INFINITY : committed)
        }
      }
    }),
    { numRuns: 150 },
  )
})
