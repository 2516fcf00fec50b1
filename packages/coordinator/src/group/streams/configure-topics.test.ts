import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { type ConfiguredTopology, configureTopics, StatusCode } from './configure-topics.ts'
import { type Part, topologyWith } from './testing/topologies.ts'

function configure(parts: Record<string, Part>, counts: Record<string, number>): ConfiguredTopology {
  return configureTopics(topologyWith(parts), { partitionCount: (topic) => counts[topic] })
}

function statusOf(configured: ConfiguredTopology): readonly [number, string] {
  return 'status' in configured ? [configured.status.statusCode, configured.status.statusDetail] : [-1, configured.kind]
}

function missingOf(configured: ConfiguredTopology): Record<string, number> {
  const missing = configured.kind === 'incomplete' ? configured.missing : []
  return Object.fromEntries(missing.map(({ name, partitionCount }) => [name, partitionCount]))
}

function tasksOf(configured: ConfiguredTopology): Record<string, number> {
  if (!('subtopologies' in configured)) return {}
  return Object.fromEntries([...configured.subtopologies.values()].map((each) => [each.subtopologyId, each.taskCount]))
}

test('a topology without internal topics is ready when its source topics are there; it has as many tasks as the largest', () => {
  const configured = configure({ '0': { sources: ['a', 'b'] } }, { a: 2, b: 5 })
  equal(configured.kind, 'ready')
  deepEqual(tasksOf(configured), { '0': 5 })
})

test('missing source topics are named, sorted, and nothing is made', () => {
  const configured = configure({ '0': { sources: ['b', 'a', 'c'] }, '1': { sources: ['a'] } }, { c: 1 })
  deepEqual(statusOf(configured), [StatusCode.MISSING_SOURCE_TOPICS, 'Source topics a, b are missing.'])
  deepEqual(missingOf(configured), {})
})

test('a repartition topic has as many partitions as what is read by who writes it, through as many steps as there are', () => {
  const configured = configure(
    {
      '0': { sources: ['a'], sinks: ['r1'] },
      // Read before it is decided: the order of subtopologies is that of their ids.
      '1': { repartitions: ['r2'], changelogs: ['c'] },
      '2': { repartitions: ['r1'], sinks: ['r2'] },
    },
    { a: 3 },
  )
  equal(configured.kind, 'incomplete')
  deepEqual(missingOf(configured), { c: 3, r1: 3, r2: 3 })
  deepEqual(tasksOf(configured), { '0': 3, '1': 3, '2': 3 })
  deepEqual(statusOf(configured), [StatusCode.MISSING_INTERNAL_TOPICS, 'Internal topics are missing: c, r1, r2'])
})

test('a repartition topic that says its partitions keeps them, and its readers have as many tasks', () => {
  const configured = configure({ '0': { sources: ['a'], sinks: ['r'] }, '1': { repartitions: [['r', 7]] } }, { a: 3 })
  deepEqual(missingOf(configured), { r: 7 })
  deepEqual(tasksOf(configured), { '0': 3, '1': 7 })
})

test('a repartition topic that is copartitioned with a topic of the user has as many partitions as that', () => {
  const configured = configure(
    {
      '0': { sources: ['a'], sinks: ['r'] },
      '1': {
        sources: ['b'],
        repartitions: ['r'],
        changelogs: ['c'],
        copartitioned: [{ sources: [0], repartitions: [0] }],
      },
    },
    { a: 2, b: 6 },
  )
  deepEqual(missingOf(configured), { c: 6, r: 6 })
})

test('of copartitioned repartition topics that say nothing the largest decides, of those that do they', () => {
  const parts = (counts: readonly (readonly [string, number])[]) => ({
    '0': { sources: ['a'], sinks: ['r1'] },
    '1': { sources: ['b'], sinks: ['r2'] },
    '2': { repartitions: counts, copartitioned: [{ repartitions: [0, 1] }] },
  })
  const largest = configure(parts([['r1', 0], ['r2', 0]]), { a: 2, b: 6 }) // biome-ignore format: a table
  deepEqual(missingOf(largest), { r1: 6, r2: 6 })
  const said = configure(parts([['r1', 4], ['r2', 0]]), { a: 2, b: 6 }) // biome-ignore format: a table
  deepEqual(missingOf(said), { r1: 4, r2: 4 })
  const atOdds = configure(parts([['r1', 4], ['r2', 5]]), { a: 2, b: 6 }) // biome-ignore format: a table
  deepEqual(statusOf(atOdds), [
    StatusCode.INCORRECTLY_PARTITIONED_TOPICS,
    'Following topics do not have the same number of partitions: [{r1=4, r2=5}]',
  ])
})

test('copartitioned topics of the user have to be alike, and a repartition topic that says otherwise is refused', () => {
  const unlike = configure({ '0': { sources: ['a', 'b'], copartitioned: [{ sources: [0, 1] }] } }, { a: 2, b: 3 })
  deepEqual(statusOf(unlike), [
    StatusCode.INCORRECTLY_PARTITIONED_TOPICS,
    'Following topics do not have the same number of partitions: [{a=2, b=3}]',
  ])
  const fixed = configure(
    {
      '0': { sources: ['a'], sinks: ['r'] },
      '1': { sources: ['b'], repartitions: [['r', 5]], copartitioned: [{ sources: [0], repartitions: [0] }] },
    },
    { a: 2, b: 3 },
  )
  deepEqual(statusOf(fixed), [
    StatusCode.INCORRECTLY_PARTITIONED_TOPICS,
    "Number of partitions [5] of repartition topic [r] doesn't match number of partitions [3] of the source topic.",
  ])
})

test('an internal topic that is there with other partitions is not taken, and not made', () => {
  const configured = configure({ '0': { sources: ['a'], changelogs: ['c'] } }, { a: 3, c: 2 })
  deepEqual(statusOf(configured), [
    StatusCode.INCORRECTLY_PARTITIONED_TOPICS,
    'Existing topic c has different number of partitions: expected 3, found 2',
  ])
})

test('only what is missing is made; when all is there the topology is ready', () => {
  const parts = { '0': { sources: ['a'], changelogs: ['c', 'd'] } }
  deepEqual(missingOf(configure(parts, { a: 3, c: 3 })), { d: 3 })
  equal(configure(parts, { a: 3, c: 3, d: 3 }).kind, 'ready')
})

test('a source topic that is its own changelog is not made', () => {
  equal(configure({ '0': { sources: ['a'], changelogs: ['a'] } }, { a: 3 }).kind, 'ready')
})

test('a loop, a repartition topic that nobody writes and a subtopology that reads nothing are invalid topologies', () => {
  equal(configure({ '0': { repartitions: ['r'], sinks: ['r'] } }, {}).kind, 'invalid')
  equal(configure({ '0': { sources: ['a'] }, '1': { repartitions: ['r'] } }, { a: 1 }).kind, 'invalid')
  equal(configure({ '0': { changelogs: ['c'] } }, {}).kind, 'invalid')
  equal(configure({ '0': { sources: ['a'], copartitioned: [{ sources: [3] }] } }, { a: 1 }).kind, 'invalid')
})

test('of many missing topics the first are named', () => {
  const sources = Array.from({ length: 12 }, (_, index) => `t${String(index).padStart(2, '0')}`)
  const [, detail] = statusOf(configure({ '0': { sources } }, {}))
  equal(detail, 'Source topics t00, t01, t02, t03, t04, t05, t06, t07, t08, t09... (2 more) are missing.')
})
