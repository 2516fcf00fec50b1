import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionError } from '@ottla/net'
import { AuthenticationError } from '../errors.ts'
import { connectionSecurity, distrust } from './connection-security.ts'

test('TLS is off, on with what this machine trusts, or as told', () => {
  deepEqual(connectionSecurity({}), {})
  deepEqual(connectionSecurity({ tls: false }), {})
  deepEqual(connectionSecurity({ tls: true }), { tls: {} })
  const tls = { ca: 'PEM', verify: 'certificate' } as const
  equal(connectionSecurity({ tls }).tls, tls)
})

test('TLS options that contradict each other are refused at once', () => {
  throws(() => connectionSecurity({ tls: { cert: 'PEM' } }), { code: 'INVALID_ARGUMENT' })
  throws(() => connectionSecurity({ tls: { cert: 'c', key: 'k', pfx: Buffer.alloc(1) } }), { code: 'INVALID_ARGUMENT' })
  throws(
    () => connectionSecurity({ tls: { verify: false as unknown as 'nothing' } }),
    /one of certificate-and-host-name,/,
  )
})

test('a failure of trust is an AuthenticationError that no call repeats, other failures are none', () => {
  const error = distrust(new ConnectionError('TLS_FAILED', 'why'))
  equal(error instanceof AuthenticationError, true)
  deepEqual([error?.code, error?.message, error?.retriable], ['TLS_AUTHENTICATION_FAILED', 'why', false])
  equal(distrust(new ConnectionError('CLOSED', 'gone')), null)
  equal(distrust(new Error('other')), null)
})
