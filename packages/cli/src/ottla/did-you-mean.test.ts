import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { didYouMean, similarTo } from './did-you-mean.ts'

test('what is near is found, the nearest first; what is far is not', () => {
  deepEqual(similarTo('ordres', ['orders', 'payments', 'order']), ['orders'])
  deepEqual(similarTo('pay', ['payments', 'orders']), ['payments'])
  deepEqual(similarTo('retention.m', ['delete.retention.ms', 'retention.ms']), ['retention.ms'])
  deepEqual(similarTo('retention', ['delete.retention.ms', 'local.retention.ms', 'a']), [
    'delete.retention.ms',
    'local.retention.ms',
  ])
  deepEqual(similarTo('x', ['payments', 'orders']), [])
  equal(didYouMean('lst', ['list', 'last']), ' Did you mean last or list?')
  equal(didYouMean('zzzz', ['list']), '')
})
