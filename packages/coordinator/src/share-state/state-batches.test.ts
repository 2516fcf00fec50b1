import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mergeBatches, type StateBatch } from './state-batches.ts'

const AVAILABLE = 0
const ACKNOWLEDGED = 2
const ARCHIVED = 4

function batch(firstOffset: number, lastOffset: number, deliveryState: number, deliveryCount: number): StateBatch {
  return { firstOffset, lastOffset, deliveryState, deliveryCount }
}

test('neighbours that say the same are one batch', () => {
  deepEqual(mergeBatches([batch(0, 4, ACKNOWLEDGED, 1)], [batch(5, 9, ACKNOWLEDGED, 1)], 0), [
    batch(0, 9, ACKNOWLEDGED, 1),
  ])
})

test('the higher delivery count wins, in either order', () => {
  const [low, high] = [batch(0, 9, ARCHIVED, 1), batch(3, 5, AVAILABLE, 2)]
  const merged = [batch(0, 2, ARCHIVED, 1), high, batch(6, 9, ARCHIVED, 1)]
  deepEqual(mergeBatches([low], [high], 0), merged)
  deepEqual(mergeBatches([high], [low], 0), merged)
})

test('among equal delivery counts the higher state wins', () => {
  deepEqual(mergeBatches([batch(0, 9, AVAILABLE, 1)], [batch(4, 12, ACKNOWLEDGED, 1)], 0), [
    batch(0, 3, AVAILABLE, 1),
    batch(4, 12, ACKNOWLEDGED, 1),
  ])
})

test('what lies below the start offset is cut off', () => {
  const known = [batch(0, 4, ACKNOWLEDGED, 1), batch(5, 9, AVAILABLE, 1)]
  deepEqual(mergeBatches(known, [], 7), [batch(7, 9, AVAILABLE, 1)])
  deepEqual(mergeBatches(known, [batch(0, 20, ARCHIVED, 2)], 10), [batch(10, 20, ARCHIVED, 2)])
  deepEqual(mergeBatches(known, [batch(20, 21, AVAILABLE, 1)], 30), [])
})

const END = 40
const batches = fc.array(
  fc
    .record({
      firstOffset: fc.nat(END - 1),
      length: fc.integer({ min: 1, max: 12 }),
      deliveryState: fc.constantFrom(AVAILABLE, ACKNOWLEDGED, ARCHIVED),
      deliveryCount: fc.integer({ min: 0, max: 2 }),
    })
    .map(({ firstOffset, length, deliveryState, deliveryCount }) =>
      batch(firstOffset, firstOffset + length - 1, deliveryState, deliveryCount),
    ),
  { maxLength: 12 },
)

/** What batches say of each offset, with the winning rule in its plainest form. */
function byOffset(all: readonly StateBatch[], startOffset: number): Map<number, string> {
  const rank = ({ deliveryCount, deliveryState }: StateBatch): number => deliveryCount * 10 + deliveryState
  const said = new Map<number, string>()
  for (let offset = Math.max(0, startOffset); offset < END + 12; offset++) {
    const of = all.filter(({ firstOffset, lastOffset }) => firstOffset <= offset && offset <= lastOffset)
    const [best] = of.sort((left, right) => rank(right) - rank(left))
    if (best !== undefined) said.set(offset, `${best.deliveryState}x${best.deliveryCount}`)
  }
  return said
}

test('whatever is merged says of each offset what the winning rule says, in as few batches as can be', () => {
  fc.assert(
    fc.property(batches, batches, fc.integer({ min: -1, max: END }), (first, second, startOffset) => {
      const merged = mergeBatches(mergeBatches([], first, -1), second, startOffset)
      deepEqual(byOffset(merged, -1), byOffset([...first, ...second], startOffset))
      for (const [index, { firstOffset, lastOffset, ...says }] of merged.entries()) {
        const previous = merged[index - 1]
        if (previous === undefined) continue
        const { firstOffset: _, lastOffset: previousLast, ...saysBefore } = previous
        deepEqual(previousLast < firstOffset && firstOffset <= lastOffset, true, 'sorted, and none overlaps')
        if (previousLast + 1 === firstOffset)
          deepEqual(
            says.deliveryState === saysBefore.deliveryState && says.deliveryCount === saysBefore.deliveryCount,
            false,
            'joined',
          )
      }
    }),
  )
})
