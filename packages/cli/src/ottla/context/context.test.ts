import { deepEqual, equal, match } from 'node:assert/strict'
import { chmodSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ottla, temporaryFolder, words } from '../test-ottla.test.ts'
import { targetOf } from './target.ts'

function withFolder(t: TestContext) {
  const folder = temporaryFolder(t)
  const run = (line: string, variables: Readonly<Record<string, string>> = {}) =>
    ottla(words(line), { variables: { XDG_CONFIG_HOME: folder, ...variables } })
  return { run, file: join(folder, 'ottla', 'config.json'), folder }
}

test('contexts are added, chosen, shown and removed, in a file that only its owner can read', async (t) => {
  const { run, file } = withFolder(t)
  match((await run('context list')).out, /^There are no contexts yet/)
  match((await run('context add dev localhost:9092')).out, /^Added context dev in .*\nNow using it: localhost:9092\n$/)
  await run('context add prod kafka1:9093,kafka2:9093 -X security.protocol=SASL_SSL -X sasl.password=hush')
  equal(statSync(file).mode & 0o777, 0o600)
  equal((await run('use')).out, 'dev: localhost:9092\n')
  equal((await run('use prod')).out, 'Now using prod: kafka1:9093,kafka2:9093\n')
  const listed = await run('context list --json')
  deepEqual(JSON.parse(listed.out)[1], {
    name: 'prod',
    bootstrapServers: 'kafka1:9093,kafka2:9093',
    isCurrent: true,
    properties: { 'security.protocol': 'SASL_SSL', 'sasl.password': '***' },
  })
  match((await run('context show --secrets')).out, /sasl\.password {6}hush/)
  equal((await run('context remove prod')).out, 'Removed context prod. No context is in use now.\n')
  deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
    current: null,
    contexts: { dev: { bootstrapServers: 'localhost:9092', properties: {} } },
  })
})

test('files that a context names are named in full, since it is used from any folder', async (t) => {
  const { run } = withFolder(t)
  await run('context add prod a:1 -X ssl.truststore.location=certs/ca.pem -X ssl.truststore.type=PEM')
  const { properties } = JSON.parse((await run('context show prod --json')).out)
  deepEqual(properties, { 'ssl.truststore.location': join(tmpdir(), 'certs/ca.pem'), 'ssl.truststore.type': 'PEM' })
})

test('a context that is not there is told with what looks like it', async (t) => {
  const { run } = withFolder(t)
  await run('context add prod a:1')
  deepEqual(await run('use prd'), {
    code: 1,
    out: '',
    err: 'error: there is no context prd. Did you mean prod?\nThere are: prod\n',
  })
})

test('a file of contexts with a password that others can read is warned of', async (t) => {
  const { run, file } = withFolder(t)
  await run('context add prod a:1 -X sasl.password=hush')
  equal((await run('context list')).err, '')
  chmodSync(file, 0o644)
  match((await run('context list')).err, /^warning: others can read the file/)
})

test('options win over the environment, and that over the context in use', async (t) => {
  const { run, folder } = withFolder(t)
  await run('context add dev dev:1 -X a=b')
  await run('context add prod prod:1 -X c=d')
  const target = (options: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>> = {}) => {
    const found = targetOf({ value: (name) => options[name] }, { XDG_CONFIG_HOME: folder, ...variables })
    return [found.bootstrapServers, Object.keys(found.properties).join(), found.source]
  }
  const environment = { OTTLA_BOOTSTRAP_SERVERS: 'env:1' }
  deepEqual(target({}), ['dev:1', 'a', 'context dev'])
  deepEqual(target({}, { OTTLA_CONTEXT: 'prod' }), ['prod:1', 'c', 'context prod'])
  deepEqual(target({}, environment), ['env:1', '', 'OTTLA_BOOTSTRAP_SERVERS'])
  deepEqual(target({}, { ...environment, OTTLA_CONTEXT: 'prod' }), ['env:1', 'c', 'OTTLA_BOOTSTRAP_SERVERS'])
  deepEqual(target({ context: 'prod' }, environment), ['prod:1', 'c', 'context prod'])
  deepEqual(target({ 'bootstrap-server': 'opt:1' }, environment), ['opt:1', '', '--bootstrap-server'])
  deepEqual(target({ 'bootstrap-server': 'opt:1', context: 'prod' }), ['opt:1', 'c', '--bootstrap-server'])
  await run('use -')
  deepEqual(target({}), ['localhost:9092', '', 'the default'])
})
