import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { javaMapOrder, partitionHash, stringHash } from './java-map-order.ts'

// What Java 17 gave for these keys.
test('strings come in the order of a Java map', () => {
  deepEqual(javaMapOrder(['a.b_c', 'cfg', 'ra', 'test'], stringHash), ['a.b_c', 'test', 'cfg', 'ra'])
  deepEqual(javaMapOrder(['live', 'g9', 'pg', 'live2'], stringHash), ['g9', 'live2', 'pg', 'live'])
})

test('partitions come in the order of a Java map', () => {
  const partitions = [0, 1, 2, 3, 4, 5].map((partition) => ({ topic: 'test', partition }))
  deepEqual(
    javaMapOrder(partitions, partitionHash).map(({ partition }) => partition),
    [1, 0, 3, 2, 5, 4],
  )
})
