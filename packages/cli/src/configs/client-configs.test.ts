import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { runTool, testBroker } from '../test-io.test.ts'

/** The last line of each run with these arguments; refusals are on stderr. */
async function tell(servers: readonly string[], ...argv: string[]): Promise<string[]> {
  const { out, err, code } = await runTool('kafka-configs', [...servers, ...argv])
  const lines = (code === 0 ? out : err).trim()
  return lines === '' ? [] : lines.split('\n')
}

test('SCRAM credentials of a user are set, shown and taken back, and never beside quotas', async (t) => {
  const { servers } = await testBroker(t)
  const alter = (...argv: string[]) => tell(servers, '--alter', '--user', 'zoe', ...argv)
  const both = 'SCRAM-SHA-256=[iterations=8192,password=a b=c,d],SCRAM-SHA-512=[password=x]'
  deepEqual(await alter('--add-config', both), ['Completed updating config for user zoe.'])
  const shown = [
    "SCRAM credential configs for user-principal 'zoe' are SCRAM-SHA-256=iterations=8192, SCRAM-SHA-512=iterations=4096",
  ]
  deepEqual(await tell(servers, '--describe', '--entity-type', 'users'), shown)
  deepEqual(await tell(servers, '--describe', '--user', 'nobody'), [])
  deepEqual(await alter('--delete-config', 'SCRAM-SHA-256,SCRAM-SHA-512'), ['Completed updating config for user zoe.'])
  deepEqual(await tell(servers, '--describe', '--user', 'zoe'), [])
  deepEqual(await alter('--add-config', 'SCRAM-SHA-512=[password=x],producer_byte_rate=1'), [
    "Cannot alter both quota and SCRAM credential configs simultaneously for 'users' using --bootstrap-server.",
  ])
  deepEqual(await alter('--add-config', 'SCRAM-SHA-512=[iterations=1,password=x]'), [
    'Iterations 1 is less than the minimum 4096 required for SCRAM-SHA-512',
  ])
  deepEqual(await alter('--add-config', 'SCRAM-SHA-512=x'), ['Invalid credential property SCRAM_SHA_512=x'])
  equal((await alter('--add-config', 'SCRAM-SHA-512=[password=]'))[1]?.split(': ').at(-1), 'Password must not be empty')
})

test('quotas of users, clients and addresses are set, shown and taken back', async (t) => {
  const { servers } = await testBroker(t)
  const alter = (...argv: string[]) => tell(servers, '--alter', ...argv)
  const describe = (...argv: string[]) => tell(servers, '--describe', ...argv)
  await alter('--user', 'ann', '--add-config', 'producer_byte_rate=1024,consumer_byte_rate=10000000')
  await alter('--user', 'ann', '--client-defaults', '--add-config', 'request_percentage=50.5')
  deepEqual(await alter('--client-defaults', '--add-config', 'consumer_byte_rate=98'), [
    'Completed updating default config for clients in the cluster.',
  ])
  await alter('--ip', '10.0.0.1', '--add-config', 'connection_creation_rate=5')
  deepEqual(await describe('--entity-type', 'users', '--entity-name', 'ann'), [
    "Quota configs for user-principal 'ann' are consumer_byte_rate=1.0E7, producer_byte_rate=1024.0",
  ])
  deepEqual(await describe('--entity-type', 'users', '--entity-type', 'clients'), [
    "Quota configs for user-principal 'ann', the default client-id are request_percentage=50.5",
  ])
  deepEqual(await describe('--entity-type', 'clients', '--entity-default'), [
    'Quota configs for the default client-id are consumer_byte_rate=98.0',
  ])
  deepEqual(await describe('--entity-type', 'ips'), [
    "Quota configs for ip '10.0.0.1' are connection_creation_rate=5.0",
  ])
  await alter('--user', 'ann', '--delete-config', 'consumer_byte_rate')
  deepEqual(await describe('--user', 'ann'), ["Quota configs for user-principal 'ann' are producer_byte_rate=1024.0"])
  deepEqual(await alter('--user', 'ann', '--delete-config', 'consumer_byte_rate'), [
    'Invalid config(s): consumer_byte_rate',
  ])
})

test('names, values and entities that do not fit are refused in Kafka’s words', async () => {
  const refusal = async (...argv: string[]) => (await tell(['--bootstrap-server', 'nowhere:1'], ...argv))[0]
  equal(
    await refusal('--alter', '--user', 'a', '--entity-type', 'clients', '--add-config', 'x=1'),
    '--entity-{type,name,default} should not be used in conjunction with specific entity flags',
  )
  equal(await refusal('--describe', '--user', 'a', '--user-defaults'), 'Duplicate entity type(s) specified: users')
  equal(
    await refusal('--describe', '--entity-type', 'users', '--entity-type', 'ips'),
    "Only 'users' and 'clients' entity types may be specified together",
  )
  equal(
    await refusal('--alter', '--entity-type', 'users', '--add-config', 'producer_byte_rate=5'),
    'An entity-name or default entity must be specified with --alter of users, clients, brokers or ips',
  )
  equal(
    await refusal('--alter', '--ip', '256.1.1.1', '--add-config', 'connection_creation_rate=5'),
    'The entity name for ips must be a valid IP or resolvable host, but it is: 256.1.1.1',
  )
  equal(
    await refusal('--alter', '--user', 'a', '--add-config', 'foo=1'),
    "Only quota and SCRAM credential configs can be added for 'users' using --bootstrap-server. Unexpected config names: Set(foo)",
  )
  equal(
    await refusal('--alter', '--user', 'a', '--client', 'c', '--add-config', 'SCRAM-SHA-512=[password=x]'),
    "Only quota configs can be added for 'clients' using --bootstrap-server. Unexpected config names: Set(SCRAM-SHA-512)",
  )
  equal(
    await refusal('--alter', '--user-defaults', '--add-config', 'SCRAM-SHA-512=[password=x]'),
    'The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials using --bootstrap-server.',
  )
})
