import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatEpochCheckpoint, parseEpochCheckpoint } from './epoch-checkpoint.ts'
import { LeaderEpochs } from './leader-epochs.ts'

function epochs(...pairs: [number, number][]): LeaderEpochs {
  return new LeaderEpochs(pairs.map(([epoch, startOffset]) => ({ epoch, startOffset })))
}

test('an epoch ends where the next one begins, the latest one at the end of the log', () => {
  const cache = epochs([2, 10], [4, 20], [7, 30])
  deepEqual(cache.endOffsetFor(2, 40), { epoch: 2, endOffset: 20 })
  deepEqual(cache.endOffsetFor(7, 40), { epoch: 7, endOffset: 40 })
})

test('for an epoch without records the largest one below it answers', () => {
  deepEqual(epochs([2, 10], [4, 20]).endOffsetFor(3, 40), { epoch: 2, endOffset: 20 })
})

test('an epoch older than all that is known ended before the first one', () => {
  deepEqual(epochs([2, 10], [4, 20]).endOffsetFor(1, 40), { epoch: 1, endOffset: 10 })
})

test('an epoch newer than all that is known, and none at all, are undefined', () => {
  deepEqual(epochs([2, 10]).endOffsetFor(3, 40), { epoch: -1, endOffset: -1 })
  deepEqual(epochs([2, 10]).endOffsetFor(-1, 40), { epoch: -1, endOffset: -1 })
  deepEqual(epochs().endOffsetFor(0, 40), { epoch: -1, endOffset: -1 })
})

test('a new epoch wins over entries that contradict it', () => {
  const cache = epochs([2, 10], [4, 20], [6, 30])
  equal(cache.assign(5, 25), true)
  deepEqual(cache.entries, epochs([2, 10], [4, 20], [5, 25]).entries)
  equal(cache.assign(5, 28), false, 'known already')
  equal(cache.assign(8, 20), true)
  deepEqual(cache.entries, epochs([2, 10], [8, 20]).entries)
})

test('the epoch of an offset is the last one that began at or before it', () => {
  const cache = epochs([2, 10], [4, 20])
  equal(cache.epochFor(9), -1)
  equal(cache.epochFor(10), 2)
  equal(cache.epochFor(19), 2)
  equal(cache.epochFor(1000), 4)
})

test('when the log start moves, the epoch of the first record is kept and begins there', () => {
  const cache = epochs([2, 10], [4, 20], [6, 30])
  cache.truncateFromStart(25)
  deepEqual(cache.entries, epochs([4, 25], [6, 30]).entries)
  cache.truncateFromStart(30)
  deepEqual(cache.entries, epochs([6, 30]).entries)
})

test('an earlier state can be put back', () => {
  const cache = epochs([2, 10])
  const before = cache.entries
  cache.assign(3, 20)
  cache.assign(4, 20)
  cache.restore(before)
  deepEqual(cache.entries, epochs([2, 10]).entries)
})

test('epochs and start offsets grow whatever is assigned and cut', () => {
  const step = fc.oneof(
    fc.record({ op: fc.constant('assign' as const), a: fc.nat(20), b: fc.nat(50) }),
    fc.record({ op: fc.constant('end' as const), a: fc.nat(50), b: fc.constant(0) }),
    fc.record({ op: fc.constant('start' as const), a: fc.nat(50), b: fc.constant(0) }),
  )
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const cache = new LeaderEpochs()
      for (const { op, a, b } of steps) {
        if (op === 'assign') cache.assign(a, b)
        else if (op === 'end') cache.truncateFromEnd(a)
        else cache.truncateFromStart(a)
        const { entries } = cache
        for (let i = 1; i < entries.length; i++) {
          equal(entries[i]!.epoch > entries[i - 1]!.epoch, true)
          equal(entries[i]!.startOffset > entries[i - 1]!.startOffset, true)
        }
        deepEqual(parseEpochCheckpoint(formatEpochCheckpoint(entries)), entries)
      }
    }),
  )
})

test('a damaged checkpoint of epochs is told from a good one', () => {
  for (const text of [
    '',
    '0\n',
    '1\n0\n',
    '0\n1\n',
    '0\n1\n3\n',
    '0\n1\n3 4',
    '0\n2\n3 4\n2 9\n',
    '0\n1\n3 x\n',
    'x',
  ]) {
    equal(parseEpochCheckpoint(Buffer.from(text)), null, JSON.stringify(text))
  }
  deepEqual(parseEpochCheckpoint(Buffer.from('0\n2\n0 0\n3 17\n')), [
    { epoch: 0, startOffset: 0 },
    { epoch: 3, startOffset: 17 },
  ])
})
