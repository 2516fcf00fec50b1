import { equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumerRecord } from '@ottla/client'
import { UsageProblem } from '../usage-problem.ts'
import { compileCondition } from './where.ts'

function record(value: string | null, parts: Partial<ConsumerRecord> = {}): ConsumerRecord {
  return {
    topic: 'orders',
    partition: 2,
    offset: 7,
    timestamp: 1000,
    timestampType: 'CreateTime',
    key: Buffer.from('user-1'),
    value: value === null ? null : Buffer.from(value),
    headers: [{ key: 'trace-id', value: Buffer.from('abc') }],
    leaderEpoch: 0,
    ...parts,
  }
}

const VALUE = '{"n":10,"s":"it\'s","a":[{"b":1},{"b":null}],"t":true,"f":false,"k":"5"}'

test('conditions hold as they read', () => {
  const cases: [string, boolean][] = [
    ['.n == 10', true],
    ['.n > 9 && .n <= 10', true],
    ['.n < 10 || .s == "it\'s"', true],
    ['!(.n == 10)', false],
    ['value.a[0].b == 1', true],
    ['.a[1].b == null', true],
    ['.missing == null', true],
    ['.missing', false],
    ['.t && !.f', true],
    ['.k > 4', true],
    ['.k == 5', true],
    ['.missing > 4', false],
    ['key =~ "^user-\\d$"', true],
    ['key !~ "admin"', true],
    ['headers.trace-id == "abc"', true],
    ['headers["trace-id"] == \'abc\'', true],
    ['topic == "orders" && partition == 2 && offset >= 7 && timestamp < 1001', true],
    ['.constructor', false],
    ['.__proto__', false],
    ['value.n.toString', false],
    ['.s == "a" || .s == "b" && .n == 10', false],
  ]
  for (const [text, expected] of cases) equal(compileCondition(text)(record(VALUE)), expected, text)
})

test('a value that is no JSON is text, and a null is null', () => {
  equal(compileCondition('value == "plain text"')(record('plain text')), true)
  equal(compileCondition('.n == 1')(record('plain text')), false)
  equal(compileCondition('value == null')(record(null)), true)
})

test('what cannot be read says where', () => {
  const cases: [string, RegExp][] = [
    ['', /what comes after '' is missing/],
    ['foo == 1', /'foo' at 1 .* is none of topic, partition/],
    ['.a ==', /is missing/],
    ['(.a', /should be \)/],
    ['.a == 1 2', /'2' at 9 .* is too much/],
    ['.a =~ 1', /should be a regular expression in quotes/],
    ['.a =~ "("', /Invalid regular expression/],
    ['.a # 1', /cannot be read/],
  ]
  for (const [text, message] of cases) {
    throws(
      () => compileCondition(text),
      (error) => error instanceof UsageProblem && message.test(error.message),
      text,
    )
  }
})
