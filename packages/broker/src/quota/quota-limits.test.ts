import { equal, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { ClientQuotasImage } from '@ottla/metadata'
import { QuotaLimits } from './quota-limits.ts'

const KEY = 'producer_byte_rate'

/** From the most to the least specific; the value says the place. */
const ENTITIES: [string, string | null][][] = [
  [
    ['user', 'u'],
    ['client-id', 'c'],
  ],
  [
    ['user', 'u'],
    ['client-id', null],
  ],
  [['user', 'u']],
  [
    ['user', null],
    ['client-id', 'c'],
  ],
  [
    ['user', null],
    ['client-id', null],
  ],
  [['user', null]],
  [['client-id', 'c']],
  [['client-id', null]],
]

test('the most specific quota alone counts, in the order of Kafka', () => {
  for (let first = 0; first < ENTITIES.length; first++) {
    let quotas = new ClientQuotasImage()
    for (let place = first; place < ENTITIES.length; place++)
      quotas = quotas.with(new Map(ENTITIES[place]), KEY, place + 1)
    equal(new QuotaLimits(quotas, KEY).of('u', 'c')?.perSecond, first + 1)
  }
})

test('a quota of another key does not hide a less specific one of this key', () => {
  const quotas = new ClientQuotasImage()
    .with(new Map([['user', 'u']]), 'consumer_byte_rate', 1)
    .with(new Map([['user', null]]), KEY, 2)
  equal(new QuotaLimits(quotas, KEY).of('u', 'c')?.perSecond, 2)
})

test('client ids of a user share his quota; under a default of client ids each has one of its own', () => {
  const ofUser = new QuotaLimits(new ClientQuotasImage().with(new Map([['user', 'u']]), KEY, 1), KEY)
  equal(ofUser.of('u', 'a')?.counter, ofUser.of('u', 'b')?.counter)
  const ofClients = new QuotaLimits(new ClientQuotasImage().with(new Map([['client-id', null]]), KEY, 1), KEY)
  notEqual(ofClients.of('u', 'a')?.counter, ofClients.of('u', 'b')?.counter)
  equal(ofClients.of('u', 'a')?.counter, ofClients.of('v', 'a')?.counter)
  equal(ofUser.of('v', 'a'), null)
})
