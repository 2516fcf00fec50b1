import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, parseBootstrapServers } from './bootstrap-servers.ts'

test('addresses are read from texts and lists, IPv6 in brackets', () => {
  deepEqual(parseBootstrapServers('a:1, b.c:2'), [
    { host: 'a', port: 1 },
    { host: 'b.c', port: 2 },
  ])
  deepEqual(parseBootstrapServers(['[::1]:9092', 'PLAINTEXT://x:3']), [
    { host: '::1', port: 9092 },
    { host: 'x', port: 3 },
  ])
  equal(formatAddress({ host: '::1', port: 9092 }), '[::1]:9092')
  equal(formatAddress({ host: 'a', port: 1 }), 'a:1')
})

test('what is no address is refused', () => {
  for (const text of ['', ' , ', 'host', 'host:', ':9092', 'host:99999', '::1:9092', 'a b:1']) {
    throws(() => parseBootstrapServers(text), /bootstrap/, text)
  }
})
