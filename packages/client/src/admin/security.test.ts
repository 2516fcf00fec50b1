import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AlterUserScramCredentialsRequest,
  type CreateAclsRequest,
  type CreateDelegationTokenRequest,
  type DeleteAclsRequest,
  type DescribeAclsRequest,
  type DescribeDelegationTokenRequest,
  ErrorCode,
  type RenewDelegationTokenRequest,
  scramKeys,
} from '@ottla/protocol'
import { Simulation } from '@ottla/sim'
import { FakeCluster } from '../fake-cluster.test.ts'
import { Kafka } from '../kafka.ts'
import { type AclBinding, aclKey, operationsOf } from './acl-binding.ts'
import type { Admin } from './admin.ts'
import { unwrap } from './outcome.ts'

function world(body: (fake: FakeCluster, admin: Admin, simulation: Simulation) => Promise<void>) {
  return async () => {
    const simulation = new Simulation({ seed: 1 })
    await simulation.run(async () => {
      const fake = new FakeCluster(simulation, 1)
      await fake.start()
      const kafka = new Kafka({ bootstrapServers: fake.bootstrapServers, env: simulation.env('client') })
      await body(fake, kafka.admin(), simulation)
      await kafka.close()
    })
  }
}

const READ: AclBinding = {
  resourceType: 'TOPIC',
  resourceName: 'orders',
  patternType: 'PREFIXED',
  principal: 'User:ann',
  host: '*',
  operation: 'READ',
  permission: 'ALLOW',
}
const WIRE_READ = { principal: 'User:ann', host: '*', operation: 3, permissionType: 3 }

test(
  'ACLs are created one by one, each with an outcome of its own',
  world(async (fake, { acls }) => {
    let asked: CreateAclsRequest['creations'] = []
    fake.served.set('CreateAcls', ({ creations }: CreateAclsRequest) => {
      asked = creations
      return { results: [{}, { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'no such cluster' }] }
    })
    const other: AclBinding = {
      ...READ,
      resourceType: 'CLUSTER',
      patternType: 'LITERAL',
      operation: 'TWO_PHASE_COMMIT',
    }
    const outcomes = await acls.create([READ, other])
    deepEqual(asked[0], { resourceType: 2, resourceName: 'orders', resourcePatternType: 4, ...WIRE_READ })
    deepEqual([asked[1]?.resourceType, asked[1]?.resourcePatternType, asked[1]?.operation], [4, 3, 15])
    equal(outcomes.get(aclKey(READ))?.kind, 'done')
    const refused = outcomes.get(aclKey(other))
    equal(refused?.kind === 'failed' && refused.error.message, 'no such cluster')
  }),
)

test(
  'a filter leaves open what it does not name, and what fits comes back as bindings',
  world(async (fake, { acls }) => {
    let asked: DescribeAclsRequest | null = null
    fake.served.set('DescribeAcls', (request: DescribeAclsRequest) => {
      asked = request
      const acl = { ...WIRE_READ, operation: 99 }
      return { resources: [{ resourceType: 2, resourceName: 'orders', patternType: 4, acls: [WIRE_READ, acl] }] }
    })
    deepEqual(await acls.describe({ resourceType: 'TOPIC', patternType: 'MATCH' }), [
      READ,
      { ...READ, operation: 'UNKNOWN' },
    ])
    deepEqual(asked, {
      resourceTypeFilter: 2,
      resourceNameFilter: null,
      patternTypeFilter: 2,
      principalFilter: null,
      hostFilter: null,
      operation: 1,
      permissionType: 1,
    })
    fake.served.set('DescribeAcls', () => ({ errorCode: ErrorCode.SECURITY_DISABLED, errorMessage: 'no authorizer' }))
    await rejects(acls.describe(), { code: 'SECURITY_DISABLED', message: 'no authorizer' })
  }),
)

test(
  'deleting tells what was deleted, for each filter',
  world(async (fake, { acls }) => {
    fake.served.set('DeleteAcls', ({ filters }: DeleteAclsRequest) => ({
      filterResults: filters.map(({ principalFilter }) =>
        principalFilter === null
          ? { errorCode: ErrorCode.INVALID_REQUEST, matchingAcls: [] }
          : { matchingAcls: [{ resourceType: 2, resourceName: 'orders', patternType: 4, ...WIRE_READ }] },
      ),
    }))
    const [first, second] = await acls.delete([{ principal: 'User:ann' }, {}])
    deepEqual(unwrap(first), [READ])
    equal(second?.kind, 'failed')
  }),
)

test(
  'a password never leaves: brokers get what is salted, one change of a user at a time, up to the first refusal',
  world(async (fake, { scramCredentials }) => {
    const requests: AlterUserScramCredentialsRequest[] = []
    fake.served.set('AlterUserScramCredentials', (request: AlterUserScramCredentialsRequest) => {
      requests.push(request)
      const users = [...request.deletions, ...request.upsertions].map(({ name }) => name)
      const errorCode = requests.length === 2 ? ErrorCode.UNACCEPTABLE_CREDENTIAL : ErrorCode.NONE
      return { results: users.map((user) => ({ user, errorCode: user === 'bob' ? errorCode : 0 })) }
    })
    const salt = Buffer.from('salt')
    const outcomes = await scramCredentials.alter([
      { kind: 'upsert', user: 'ann', mechanism: 'SCRAM-SHA-512', password: 'pässword', salt, iterations: 4096 },
      { kind: 'delete', user: 'ann', mechanism: 'SCRAM-SHA-256' },
      { kind: 'upsert', user: 'bob', mechanism: 'SCRAM-SHA-512', password: 'x' },
      { kind: 'upsert', user: 'bob', mechanism: 'SCRAM-SHA-256', password: 'x' },
      { kind: 'delete', user: 'bob', mechanism: 'SCRAM-SHA-256' },
    ])
    deepEqual(
      [...outcomes].map(([user, { kind }]) => [user, kind]),
      [
        ['ann', 'done'],
        ['bob', 'failed'],
      ],
    )
    equal(requests.length, 2)
    const { saltedPassword } = scramKeys('SCRAM-SHA-512', 'pässword', { salt, iterations: 4096 })
    deepEqual(requests[0]?.upsertions[0], { name: 'ann', mechanism: 2, iterations: 4096, salt, saltedPassword })
    equal(requests[0]?.upsertions[1]?.iterations, 8192)
    equal(requests[0]?.upsertions[1]?.salt.length, 24)
    deepEqual(requests[1]?.deletions, [{ name: 'ann', mechanism: 1 }])
  }),
)

test(
  'SCRAM credentials are described by user, with those that have none',
  world(async (fake, { scramCredentials }) => {
    fake.served.set('DescribeUserScramCredentials', () => ({
      results: [
        {
          user: 'ann',
          credentialInfos: [
            { mechanism: 1, iterations: 4096 },
            { mechanism: 9, iterations: 1 },
          ],
        },
        { user: 'bob', errorCode: ErrorCode.RESOURCE_NOT_FOUND, credentialInfos: [] },
      ],
    }))
    const described = await scramCredentials.describe(['ann', 'bob'])
    deepEqual(unwrap(described.get('ann')), [
      { mechanism: 'SCRAM-SHA-256', iterations: 4096 },
      { mechanism: 'UNKNOWN', iterations: 1 },
    ])
    equal(described.get('bob')?.kind, 'failed')
  }),
)

test(
  'delegation tokens are created for the caller or another, and described; a principal without a type is refused here',
  world(async (fake, { delegationTokens }) => {
    const hmac = Buffer.from('hmac')
    let asked: CreateDelegationTokenRequest | null = null
    const named = {
      principalType: 'User',
      principalName: 'ann',
      tokenRequesterPrincipalType: 'User',
      tokenRequesterPrincipalName: 'root',
      tokenId: 'id',
      hmac,
    }
    fake.served.set('CreateDelegationToken', (request: CreateDelegationTokenRequest) => {
      asked = request
      return { ...named, issueTimestampMs: 1, expiryTimestampMs: 2, maxTimestampMs: 3 }
    })
    fake.served.set('DescribeDelegationToken', ({ owners }: DescribeDelegationTokenRequest) => ({
      tokens: (owners ?? []).map((owner) => ({
        ...named,
        ...owner,
        issueTimestamp: 1,
        expiryTimestamp: 2,
        maxTimestamp: 3,
        renewers: [{ principalType: 'User', principalName: 'bob' }],
      })),
    }))
    fake.served.set('RenewDelegationToken', ({ renewPeriodMs }: RenewDelegationTokenRequest) => ({
      errorCode: renewPeriodMs === -1 ? ErrorCode.NONE : ErrorCode.DELEGATION_TOKEN_EXPIRED,
      expiryTimestampMs: 7,
    }))
    const token = await delegationTokens.create({ owner: 'User:ann', renewers: ['User:bob'] })
    deepEqual(asked, {
      ownerPrincipalType: 'User',
      ownerPrincipalName: 'ann',
      renewers: [{ principalType: 'User', principalName: 'bob' }],
      maxLifetimeMs: -1,
    })
    const times = { issuedAt: 1, expiresAt: 2, maxAt: 3 }
    deepEqual(token, {
      tokenId: 'id',
      hmac,
      owner: 'User:ann',
      requester: 'User:root',
      renewers: ['User:bob'],
      ...times,
    })
    deepEqual(await delegationTokens.describe({ owners: ['User:ann'] }), [token])
    await rejects(delegationTokens.create({ renewers: ['bob'] }), { code: 'INVALID_ARGUMENT' })
    equal(await delegationTokens.renew(hmac), 7)
    await rejects(delegationTokens.renew(hmac, { periodMs: 1 }), { code: 'DELEGATION_TOKEN_EXPIRED' })
  }),
)

test(
  'a call that is aborted rejects with the reason of its signal',
  world(async (fake, { acls, scramCredentials, delegationTokens }) => {
    const reason = new Error('no more')
    fake.fault = () => ({ kind: 'lost-request' })
    for (const name of ['DescribeAcls', 'DescribeUserScramCredentials', 'DescribeDelegationToken'])
      fake.served.set(name, () => ({}))
    for (const call of [
      (signal: AbortSignal) => acls.describe({}, { signal }),
      (signal: AbortSignal) => scramCredentials.describe(null, { signal }),
      (signal: AbortSignal) => delegationTokens.describe({ signal }),
    ]) {
      const giveUp = new AbortController()
      const asked = call(giveUp.signal)
      giveUp.abort(reason)
      await rejects(asked, reason)
    }
  }),
)

test('the bits of authorized operations are names, and their absence is told', () => {
  equal(operationsOf(-(2 ** 31)), null)
  deepEqual(operationsOf(0), [])
  deepEqual(operationsOf((1 << 3) | (1 << 8) | (1 << 15)), ['READ', 'DESCRIBE', 'TWO_PHASE_COMMIT'])
})
