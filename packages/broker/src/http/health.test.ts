import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { BrokerContext } from '../broker-context.ts'
import { liveness, readiness } from './health.ts'

interface Case {
  readonly fenced?: boolean
  readonly folderError?: string
  readonly loading?: number
  readonly failed?: number
}

function brokerWith({ fenced = false, folderError, loading = 0, failed = 0 }: Case): BrokerContext {
  const error = folderError === undefined ? null : new Error(folderError)
  return {
    nodeId: 1,
    clusterId: 'c',
    brokerEpoch: 5,
    image: { brokers: new Map([[1, { fenced }]]) },
    logs: { directories: [{ path: '/data', error }] },
    coordinators: { partitionCounts: () => [['__consumer_offsets', { loading, active: 3, failed }]] },
  } as unknown as BrokerContext
}

test('a broker is ready when it is unfenced, its folders work and no coordinator has failed; loading is told', () => {
  const reasonsOf = (one: Case) => readiness('running', brokerWith(one)).reasons
  deepEqual(reasonsOf({}), [])
  deepEqual(reasonsOf({ fenced: true }), ['the broker is fenced'])
  deepEqual(reasonsOf({ folderError: 'EIO' }), ['the data folder /data failed: EIO'])
  deepEqual(reasonsOf({ failed: 2 }), ['2 partitions of __consumer_offsets could not be loaded'])
  const loading = readiness('running', brokerWith({ loading: 4 }))
  equal(loading.isOk, true)
  deepEqual(loading.details['coordinators'], { __consumer_offsets: { loading: 4, active: 3, failed: 0 } })
})

test('nobody comes while a broker starts or stops, but it lives; one that cannot go on does not', () => {
  for (const phase of ['starting', 'stopping'] as const) {
    deepEqual(readiness(phase, brokerWith({})).reasons, [`the broker is ${phase}`])
    equal(liveness(phase).isOk, true)
  }
  equal(readiness('running', null).isOk, false)
  equal(liveness('failed').isOk, false)
})
