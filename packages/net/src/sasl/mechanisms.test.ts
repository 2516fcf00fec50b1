import { deepEqual, doesNotMatch, equal, match, rejects, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { Env } from '@ottla/env'
import { Prng } from '@ottla/stdx'
import { FakeTimers } from '../fake-world.test.ts'
import { OauthBearerMechanism } from './oauth-bearer.ts'
import { PlainMechanism } from './plain.ts'
import { SaslError } from './sasl-mechanism.ts'
import { ScramClient } from './scram.ts'

/** RFC 7677, section 3. */
const RFC_7677 = {
  username: 'user',
  password: 'pencil',
  nonce: 'rOprNGfwEbeRWgbNEkqO',
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
}

function world(): { env: Env; timers: FakeTimers } {
  const timers = new FakeTimers()
  const clock = { now: () => 1_000_000 + timers.now, monotonic: () => timers.now }
  return { env: { timers, clock } as unknown as Env, timers }
}

function scram(serverFirst: string, credentials: { maxIterations?: number } = {}): string | undefined {
  const { username, password, nonce } = RFC_7677
  const exchange = new ScramClient('SCRAM-SHA-256', { username, password, ...credentials }).exchange(nonce)
  return exchange.respond(Buffer.from(serverFirst))?.toString()
}

test('SCRAM says what RFC 7677 says, and ends when the server has proved itself', () => {
  const { username, password, nonce } = RFC_7677
  const exchange = new ScramClient('SCRAM-SHA-256', { username, password }).exchange(nonce)
  equal(exchange.initial.toString(), RFC_7677.clientFirst)
  equal(exchange.respond(Buffer.from(RFC_7677.serverFirst))?.toString(), RFC_7677.clientFinal)
  equal(exchange.respond(Buffer.from(RFC_7677.serverFinal)), null)
})

test('a server that accepts without a proof of its own, or with a wrong one, is refused', () => {
  const { username, password, nonce, serverFirst } = RFC_7677
  for (const final of ['', 'v=', 'v=AAAA', `v=${Buffer.alloc(32).toString('base64')}`, 'x', 'e=other-error']) {
    const exchange = new ScramClient('SCRAM-SHA-256', { username, password }).exchange(nonce)
    exchange.respond(Buffer.from(serverFirst))
    throws(() => exchange.respond(Buffer.from(final)), SaslError)
  }
})

test('a nonce of another exchange, none of the server, and few or very many iterations are refused', () => {
  const salt = 's=W22ZaJ0SNY7soEsUEjb6gQ=='
  const { nonce } = RFC_7677
  throws(() => scram(`r=other${nonce}x,${salt},i=4096`), /nonce/)
  throws(() => scram(`r=${nonce},${salt},i=4096`), /nonce/)
  throws(() => scram(`r=${nonce}x,${salt},i=4095`), /4095 iterations/)
  throws(() => scram(`r=${nonce}x,${salt},i=16385`), /at most 16384/)
  match(scram(`r=${nonce}x,${salt},i=16385`, { maxIterations: 20_000 }) ?? '', /^c=biws/)
  for (const bad of [
    '',
    'i=4096',
    `r=${nonce}x,s=,i=4096`,
    `r=${nonce}x,${salt},i=0`,
    `m=x,r=${nonce}x,${salt},i=4096`,
  ]) {
    throws(() => scram(bad), SaslError)
  }
  throws(() => scram('e=unknown-user'), /unknown-user/)
})

test('whatever a server says first is answered or refused, and nothing else happens', () => {
  const random = new Prng(7)
  const { serverFirst } = RFC_7677
  for (let round = 0; round < 2000; round += 1) {
    const bytes = Buffer.from(serverFirst)
    for (let change = 0; change <= round % 3; change += 1) bytes[random.below(bytes.length)] = random.below(256)
    try {
      scram(bytes.subarray(0, 1 + random.below(bytes.length)).toString('latin1'), { maxIterations: 5000 })
    } catch (error) {
      equal((error as Error).name, 'SaslError')
    }
  }
})

test('a delegation token says so, and names with commas and equal signs are written as SCRAM has them', () => {
  const token = { username: 'a,b=c', password: 'x', isDelegationToken: true }
  equal(new ScramClient('SCRAM-SHA-512', token).exchange('N').initial.toString(), 'n,,n=a=2Cb=3Dc,r=N,tokenauth=true')
})

test('PLAIN is name and password between NULs, and neither holds one', async () => {
  const exchange = await new PlainMechanism({ username: 'ann', password: 'pässword' }).begin()
  deepEqual(exchange.initial, Buffer.from('\0ann\0pässword'))
  equal(exchange.respond(Buffer.alloc(0)), null)
  throws(() => new PlainMechanism({ username: 'a\0b', password: 'x' }), SaslError)
  throws(() => new PlainMechanism({ username: '', password: 'x' }), SaslError)
})

test('OAUTHBEARER sends token and extensions, and acknowledges a refusal before it fails', async () => {
  const { env } = world()
  const token = { value: 'abc.def', lifetimeMs: 1000, extensions: { logicalCluster: 'lkc-1' } }
  const exchange = await new OauthBearerMechanism(async () => token).begin({ env })
  equal(exchange.initial.toString(), 'n,,\x01auth=Bearer abc.def\x01logicalCluster=lkc-1\x01\x01')
  equal(exchange.respond(Buffer.alloc(0)), null)
  const refused = await new OauthBearerMechanism(async () => token).begin({ env })
  deepEqual(refused.respond(Buffer.from('{"status":"invalid_token"}')), Buffer.from([1]))
  throws(() => refused.respond(Buffer.alloc(0)), /\{"status":"invalid_token"\}/)
})

test('a token is asked for once for all who need it, kept for most of its life, and asked for again after', async () => {
  const { env, timers } = world()
  let asked = 0
  const mechanism = new OauthBearerMechanism(async () => {
    asked += 1
    return { value: `t${asked}`, lifetimeMs: 1000 }
  })
  await Promise.all([mechanism.begin({ env }), mechanism.begin({ env })])
  timers.advance(799)
  match((await mechanism.begin({ env })).initial.toString(), /Bearer t1/)
  timers.advance(1)
  match((await mechanism.begin({ env })).initial.toString(), /Bearer t2/)
  equal(asked, 2)
})

test('without a lifetime the token itself says how long it is good; another kind of token is used once', async () => {
  const { env, timers } = world()
  const payload = Buffer.from(JSON.stringify({ exp: 1010 })).toString('base64url')
  let asked = 0
  const jwt = new OauthBearerMechanism(async () => {
    asked += 1
    return { value: `e30.${payload}.` }
  })
  await jwt.begin({ env })
  timers.advance(7999)
  await jwt.begin({ env })
  equal(asked, 1)
  timers.advance(1)
  await jwt.begin({ env })
  equal(asked, 2)
  const opaque = new OauthBearerMechanism(async () => {
    asked += 1
    return { value: 'opaque' }
  })
  await opaque.begin({ env })
  await opaque.begin({ env })
  equal(asked, 4)
})

test('what is no token, and extensions that would change the message, are refused; a silent provider is given up', async () => {
  const { env, timers } = world()
  const begin = (token: unknown) => new OauthBearerMechanism(async () => token as never).begin({ env })
  await rejects(begin({ value: 'a\x01auth=x' }), SaslError)
  await rejects(begin(undefined), SaslError)
  await rejects(begin({ value: 'a', extensions: { auth: 'x' } }), SaslError)
  await rejects(begin({ value: 'a', extensions: { x: 'a\x01b' } }), SaslError)
  const silent = new OauthBearerMechanism(() => new Promise(() => {})).begin({ env })
  timers.advance(30_000)
  await rejects(silent, /no token within 30000 ms/)
})

test('no mechanism shows its secrets', async () => {
  const { env } = world()
  const oauth = new OauthBearerMechanism(async () => ({ value: 'SECRET', lifetimeMs: 1000 }))
  await oauth.begin({ env })
  const credentials = { username: 'u', password: 'SECRET' }
  for (const mechanism of [new PlainMechanism(credentials), new ScramClient('SCRAM-SHA-256', credentials), oauth]) {
    doesNotMatch(inspect(mechanism, { depth: 9, showHidden: true }), /SECRET/)
    doesNotMatch(JSON.stringify(mechanism), /SECRET/)
  }
})
