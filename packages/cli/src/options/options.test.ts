import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { excludeOptions, onlyAction, requireOptions } from './check-options.ts'
import type { OptionTable } from './option-spec.ts'
import { parseOptions } from './parse-options.ts'
import { formatUsage } from './usage.ts'
import { UsageError } from './usage-error.ts'

const TABLE: OptionTable = [
  { name: 'list', description: 'List them.' },
  { name: 'topic', argument: { label: 'topic' }, description: 'Which topic is meant, of all that there are.' },
  { name: 'count', argument: { label: '#', type: 'Integer' }, description: 'How many.', default: '3' },
  { name: 'big', argument: { label: '#', type: 'Long' }, description: 'Many more.' },
  { name: 'codec', argument: { label: 'codec', isOptional: true }, description: 'Which codec.' },
]

test('values stand behind the option or behind an equals sign, and may look like options', () => {
  const options = parseOptions(TABLE, ['--topic', 'a', '--big=-5', 'stray', '--list'])
  deepEqual([options.value('topic'), options.integer('big'), options.has('list')], ['a', -5, true])
  equal(parseOptions(TABLE, ['--topic', '--list']).value('topic'), '--list')
  equal(parseOptions(TABLE, ['--topic=a=b']).value('topic'), 'a=b')
})

test('an optional argument is taken when it is none of the options', () => {
  deepEqual(parseOptions(TABLE, ['--codec', 'lz4']).values('codec'), ['lz4'])
  const bare = parseOptions(TABLE, ['--codec', '--list'])
  deepEqual([bare.has('codec'), bare.value('codec'), bare.has('list')], [true, undefined, true])
})

test('defaults hold when the option is not given', () => {
  equal(parseOptions(TABLE, []).integer('count'), 3)
  equal(parseOptions(TABLE, ['--count', '7']).integer('count'), 7)
  equal(parseOptions(TABLE, []).has('count'), false)
})

test('what is wrong is said in the words of the Java tools', () => {
  const wrong = (argv: string[], read: (options: ReturnType<typeof parseOptions>) => unknown, message: string) =>
    throws(() => read(parseOptions(TABLE, argv)), { name: 'UsageError', message })
  wrong(['--bogus'], () => {}, 'bogus is not a recognized option')
  wrong(['--li'], () => {}, 'li is not a recognized option')
  wrong(['--topic'], () => {}, 'Option topic requires an argument')
  wrong(['--count', 'x'], (o) => o.integer('count'), "Cannot parse argument 'x' of option count")
  wrong(['--count', '3000000000'], (o) => o.integer('count'), "Cannot parse argument '3000000000' of option count")
  wrong(
    ['--topic', 'a', '--topic', 'b'],
    (o) => o.value('topic'),
    'Found multiple arguments for option topic, but you asked for only one',
  )
  throws(() => parseOptions(TABLE, ['--zookeeper', 'x']), /--bootstrap-server/)
})

test('options that need or exclude each other', () => {
  const options = parseOptions(TABLE, ['--list', '--topic', 'a'])
  throws(() => requireOptions(options, ['list', 'big']), new UsageError('Missing required argument "[big]"'))
  throws(
    () => excludeOptions(options, 'list', ['big', 'topic']),
    new UsageError('Option "[list]" can\'t be used with option "[topic]"'),
  )
  equal(onlyAction(options, ['list', 'big'], 'one'), 'list')
  throws(() => onlyAction(options, ['list', 'topic'], 'one'), new UsageError('one'))
})

test('the list of options is sorted and keeps to 80 characters', () => {
  const lines = formatUsage(TABLE).split('\n')
  ok(lines.every((line) => line.length <= 80))
  ok(lines[0]!.startsWith('Option') && lines[0]!.endsWith('Description'))
  deepEqual(
    lines.filter((line) => /^--\w/.test(line)).map((line) => line.split(' ')[0]),
    ['--big', '--codec', '--count', '--list', '--topic'],
  )
  ok(lines.some((line) => line.includes('How many. (default: 3)')))
})
