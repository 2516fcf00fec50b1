import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ClientQuotasImage } from '@ottla/metadata'
import { ConnectionRates } from './connection-rates.ts'

const WINDOWS = { count: 11, sizeMs: 1000 }
const UNBOUNDED = 2 ** 31 - 1

test('connections beyond the rate of their address are closed after a wait, those of other addresses are served', () => {
  const rates = new ConnectionRates(WINDOWS)
  rates.update(new ClientQuotasImage().with(new Map([['ip', '10.0.0.1']]), 'connection_creation_rate', 1))
  for (let count = 0; count < 10; count++) equal(rates.arrived('::ffff:10.0.0.1', UNBOUNDED, 0).kind, 'serve')
  deepEqual(rates.arrived('10.0.0.1', UNBOUNDED, 0), { kind: 'close', delayMs: 1000 })
  equal(rates.arrived('10.0.0.2', UNBOUNDED, 0).kind, 'serve')
  equal(rates.arrived('10.0.0.1', UNBOUNDED, 12_000).kind, 'serve')
})

test('connections beyond the rate of the broker wait and are served', () => {
  const rates = new ConnectionRates(WINDOWS)
  for (let count = 0; count < 10; count++) equal(rates.arrived('10.0.0.1', 1, 0).delayMs, 0)
  deepEqual(rates.arrived('10.0.0.2', 1, 0), { kind: 'serve', delayMs: 1000 })
})
