import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type PlaceableBroker, placeReplicas } from './placement.ts'

const broker = (id: number, rack: string | null = null, fenced = false): PlaceableBroker => ({ id, rack, fenced })

function assignments(options: Partial<Parameters<typeof placeReplicas>[0]> & { brokers: PlaceableBroker[] }) {
  const placed = placeReplicas({ firstPartition: 0, partitions: 1, replicationFactor: 1, seed: 1, ...options })
  ok(placed.kind === 'placed', JSON.stringify(placed))
  return placed.assignments
}

test('every partition gets as many different brokers as asked for, an unfenced one first, and as many racks as there are', () => {
  const brokers = fc.uniqueArray(
    fc.record({ id: fc.nat({ max: 20 }), rack: fc.constantFrom(null, 'a', 'b', 'c'), fenced: fc.boolean() }),
    { selector: ({ id }) => id, minLength: 1, maxLength: 9 },
  )
  fc.assert(
    fc.property(brokers, fc.nat(), fc.integer({ min: 1, max: 20 }), fc.nat(), (list, factor, partitions, seed) => {
      fc.pre(list.some(({ fenced }) => !fenced))
      const replicationFactor = 1 + (factor % list.length)
      const racks = new Set(list.map(({ rack }) => rack)).size
      for (const replicas of assignments({ brokers: list, partitions, replicationFactor, seed })) {
        equal(new Set(replicas).size, replicationFactor)
        equal(list.find(({ id }) => id === replicas[0])?.fenced, false)
        const used = new Set(replicas.map((id) => list.find((each) => each.id === id)?.rack)).size
        equal(used, Math.min(racks, replicationFactor))
      }
    }),
  )
})

test('leaders and replicas are spread evenly over brokers of equal racks', () => {
  for (const racks of [1, 2, 3]) {
    const list = Array.from({ length: 6 }, (_, id) => broker(id, `rack-${id % racks}`))
    const placed = assignments({ brokers: list, partitions: 60, replicationFactor: 3 })
    const leads = list.map(({ id }) => placed.filter(([leader]) => leader === id).length)
    const holds = list.map(({ id }) => placed.filter((replicas) => replicas.includes(id)).length)
    deepEqual(
      leads,
      list.map(() => 10),
      `${racks} racks`,
    )
    deepEqual(
      holds,
      list.map(() => 30),
      `${racks} racks`,
    )
  }
})

test('the same seed gives the same placement', () => {
  const list = [broker(1), broker(2), broker(3)]
  deepEqual(
    assignments({ brokers: list, partitions: 5, seed: 3 }),
    assignments({ brokers: [...list].reverse(), partitions: 5, seed: 3 }),
  )
})

test('fenced brokers alone, or too few, make it impossible', () => {
  const options = { firstPartition: 0, partitions: 1, replicationFactor: 1, seed: 1 }
  deepEqual(placeReplicas({ ...options, brokers: [broker(1, null, true)] }), {
    kind: 'impossible',
    reason: 'All brokers are currently fenced.',
  })
  deepEqual(placeReplicas({ ...options, brokers: [broker(1)], replicationFactor: 2 }), {
    kind: 'impossible',
    reason: 'The target replication factor of 2 cannot be reached because only 1 broker(s) are registered.',
  })
})
