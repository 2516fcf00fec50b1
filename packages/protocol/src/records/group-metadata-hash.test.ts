import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { topicMetadataHash } from './group-metadata-hash.ts'

/** What Apache Kafka 4.3.1 gives. */
const KNOWN: readonly [name: string, racks: string[][], hash: bigint][] = [
  ['t', [[], []], 9195813841496935999n],
  ['orders-é', [[], []], 5974404837545961839n],
  ['t', [['a', 'b'], ['c'], []], 1799364671131272508n],
  ['orders-é', [['a', 'b'], ['c'], []], -2870265980737492325n],
  ['t', [], -3763636448052704411n],
  ['orders-é', [], -4652681964666717991n],
]

for (const [name, racks, hash] of KNOWN) {
  test(`the hash of ${name} with racks ${JSON.stringify(racks)} is Kafka's`, () => {
    equal(topicMetadataHash({ name, topicId: 'AAECAwQFBgcICQoLDA0ODw', racks }), hash)
  })
}
