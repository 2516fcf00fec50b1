import { deepEqual, equal, match, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { ottlaWithBroker } from '../test-ottla.test.ts'
import { UsageProblem } from '../usage-problem.ts'
import { operationsOf, principalOf, resourceOf, resourceText } from './acl-words.ts'

test('resources are read as they are written', () => {
  const cases: [string, string, string, string][] = [
    ['topic/orders', 'TOPIC', 'orders', 'LITERAL'],
    ['topic/shop.*', 'TOPIC', 'shop.', 'PREFIXED'],
    ['group/*', 'GROUP', '*', 'LITERAL'],
    ['transactional-id/a', 'TRANSACTIONAL_ID', 'a', 'LITERAL'],
    ['cluster', 'CLUSTER', 'kafka-cluster', 'LITERAL'],
  ]
  for (const [text, resourceType, resourceName, patternType] of cases) {
    deepEqual(resourceOf(text), { resourceType, resourceName, patternType })
    equal(resourceText(resourceOf(text)), text)
  }
  for (const text of ['tpoic/x', 'topic/', 'topic', '']) throws(() => resourceOf(text), UsageProblem, text)
})

test('operations are words of Kafka, or what a role needs', () => {
  deepEqual(operationsOf(['consume', 'READ', 'alter_configs']), ['READ', 'DESCRIBE', 'ALTER_CONFIGS'])
  throws(() => operationsOf(['raed']), /Did you mean read\?/)
  equal(principalOf('billing'), 'User:billing')
  equal(principalOf('Group:x'), 'Group:x')
})

test('a broker without an authorizer says so in one line', async (t) => {
  const { run } = await ottlaWithBroker(t)
  const { code, out, err } = await run('acl list')
  deepEqual([code, out], [1, ''])
  match(err, /^error: .+\n/)
  equal((await run('acl remove')).code, 2)
})
