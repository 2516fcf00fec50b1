import { deepEqual, doesNotMatch, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatJson, peopleFormatter } from './log-format.ts'
import type { LogFields } from './logger.ts'
import type { LogLine } from './structured-logger.ts'

const line = (message: string, fields: LogFields = {}): LogLine => ({
  timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  level: 'info',
  logger: 'broker',
  message,
  fields,
})
const people = peopleFormatter({ colour: false })

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/

test('a line for machines is JSON with time, level, logger and message, and fields do not hide them', () => {
  deepEqual(JSON.parse(formatJson(line('Created log', { partition: 3, level: 'x', missing: undefined }))), {
    time: '2026-01-02T03:04:05.678Z',
    level: 'info',
    logger: 'broker',
    message: 'Created log',
    partition: 3,
    level_: 'x',
  })
})

test('a line for people has columns, and values are quoted when they need it', () => {
  equal(
    people(line('Created log', { topic: 'orders', empty: '', text: 'a b', list: [1, 'x'], missing: undefined })),
    '2026-01-02 03:04:05.678 INFO  [broker] Created log topic=orders empty="" text="a b" list=[1,"x"]',
  )
})

test('an error keeps its code and causes; for people its stack follows', () => {
  const error = Object.assign(new Error('outer', { cause: new TypeError('inner') }), { code: 'EIO' })
  const parsed = JSON.parse(formatJson(line('Failed', { error }))).error
  deepEqual(
    [parsed.name, parsed.code, parsed.message, parsed.cause.name, parsed.cause.message],
    ['Error', 'EIO', 'outer', 'TypeError', 'inner'],
  )
  const lines = people(line('Failed', { error })).split('\n')
  match(lines[0] ?? '', /Failed error="outer"$/)
  ok(lines.some((text) => text.startsWith('    Error: outer')))
  ok(lines.some((text) => text.startsWith('    caused by TypeError: inner')))
})

test('strings from clients cannot start a line, move the cursor or turn text round', () => {
  const evil = 'a\r\nFAKE \u001b[2J\u0007\u202eabc\u2028\u009b\ud800'
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(evil))
  fc.assert(
    fc.property(anything, anything, (key, value) => {
      const both = line(value, { [key]: value, nested: { [key]: [value] } })
      doesNotMatch(formatJson(both), UNSAFE)
      doesNotMatch(people(both), UNSAFE)
      JSON.parse(formatJson(both))
    }),
  )
  match(formatJson(line(evil)), /a\\r\\nFAKE \\u001b\[2J\\u0007\\u202eabc\\u2028\\u009b\\ud800/)
})

test('long, deep, circular and odd values are bounded and never throw', () => {
  const circular: Record<string, unknown> = { n: Number.NaN, big: 2n ** 70n, bytes: Buffer.alloc(1000) }
  circular['self'] = circular
  circular['many'] = Array.from({ length: 1000 }, (_, n) => n)
  circular['map'] = new Map([['k', new Set([1])]])
  circular['f'] = () => 1
  circular['date'] = new Date(Number.NaN)
  const json = formatJson(line('x'.repeat(100_000), { circular }))
  ok(json.length < 20_000)
  const parsed = JSON.parse(json).circular
  deepEqual([parsed.n, parsed.big, parsed.map, parsed.date], ['NaN', String(2n ** 70n), { k: [1] }, 'invalid date'])
  match(parsed.bytes, /…\(1000 bytes\)$/)
  equal(parsed.many.length, 100)
})

test('colour is only there when it was asked for', () => {
  ok(peopleFormatter({ colour: true })(line('x')).includes('\u001b['))
  ok(!people(line('x')).includes('\u001b'))
})
