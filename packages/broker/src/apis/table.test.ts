import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { API_KEYS, apiOf } from '@ottla/protocol'
import { ApiIndex } from '../api-index.ts'
import { API_TABLE } from './table.ts'

test('every API that a broker of Kafka 4.4 offers is offered, at the same versions, and no other', () => {
  const offered = new Map(
    new ApiIndex(API_TABLE).advertised.map(({ apiKey, minVersion, maxVersion }) => [
      apiKey,
      `${minVersion} to ${maxVersion}`,
    ]),
  )
  const theirs = new Map<number, string>()
  for (const key of Object.values(API_KEYS)) {
    const api = apiOf(key)
    if (api === undefined || !api.listeners.includes('broker') || api.advertised.max < 0) continue
    theirs.set(key, `${api.advertised.min} to ${api.advertised.max}`)
  }
  deepEqual([...offered].sort(byKey), [...theirs].sort(byKey))
})

function byKey([a]: readonly [number, string], [b]: readonly [number, string]): number {
  return a - b
}
