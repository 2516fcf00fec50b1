import { deepEqual, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { parsePartitionPatterns } from './partition-patterns.ts'

function matched(patterns: string): string[] {
  const filter = parsePartitionPatterns(patterns)
  const all = ['a', 'b'].flatMap((topic) => [0, 1, 2, 3].map((partition) => ({ topic, partition })))
  return all.filter(filter).map(({ topic, partition }) => `${topic}${partition}`)
}

test('a pattern is a topic with one partition, a range, or all', () => {
  deepEqual(matched('a:1'), ['a1'])
  deepEqual(matched('a:1-3'), ['a1', 'a2'])
  deepEqual(matched('a:2-,b:-1'), ['a2', 'a3', 'b0'])
  deepEqual(matched('b'), ['b0', 'b1', 'b2', 'b3'])
  deepEqual(matched(':3'), ['a3', 'b3'])
  deepEqual(matched('[ab]:0'), ['a0', 'b0'])
})

test('what is no pattern is refused', () => {
  throws(() => matched('a:x'), /Invalid rule specification: a:x/)
})
