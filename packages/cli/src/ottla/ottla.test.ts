import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS, findCommand, GROUPS, optionsOf, SECTIONS } from './command-table.ts'
import { ottla } from './test-ottla.test.ts'

test('the version is one line', async () => {
  match((await ottla(['--version'])).out, /^ottla \d+\.\d+\.\d+ \(speaks Kafka \d+\.\d+\.\d+\)\n$/)
})

test('every command can be found by its name and its aliases, is in a section, and loads', async () => {
  const sections = new Set(SECTIONS.flatMap(({ names }) => names))
  for (const command of COMMANDS) {
    equal(findCommand(command.name.split(' '))?.command, command)
    const [first = ''] = command.name.split(' ')
    if (command.isHidden !== true) equal(sections.has(first), true, `${first} is in no section`)
    for (const alias of command.aliases ?? []) {
      const typed = command.name.includes(' ') ? [first, alias] : [alias]
      equal(findCommand(typed)?.command, command)
    }
    equal(typeof (await command.load()).run, 'function')
  }
  for (const name of sections)
    equal(GROUPS.some((group) => group.name === name) || COMMANDS.some((command) => command.name === name), true, name)
})

test('no command has two options of one name or letter', () => {
  for (const command of COMMANDS) {
    const options = optionsOf(command)
    for (const names of [options.map(({ name }) => name), options.flatMap(({ short }) => short ?? [])]) {
      equal(new Set(names).size, names.length, `${command.name}: ${names}`)
    }
  }
})

test('every command answers to --help with its usage', async () => {
  for (const { name } of COMMANDS) {
    const { code, out } = await ottla([...name.split(' '), '--help'])
    equal(code, 0)
    match(out, new RegExp(`Usage: ottla ${name}`))
  }
})

test('a command, option or word of a group that is mistyped is told, with what may have been meant', async () => {
  const cases: [string[], string, string][] = [
    [['topc'], "error: there is no command 'topc'. Did you mean topic?", 'See: ottla --help'],
    [['topic', 'lst'], "error: ottla topic has no 'lst'. Did you mean list?", 'See: ottla topic --help'],
    [
      ['topic', 'create', 'a', '--partiton', '3'],
      'error: there is no option --partiton. Did you mean --partitions?',
      'See: ottla topic create --help',
    ],
    [['topic', 'create', 'a', '-p'], 'error: -p needs a value: -p COUNT', 'See: ottla topic create --help'],
    [
      ['topic', 'create', 'a', '-p', '0'],
      "error: --partitions is a whole number from 1 on, not '0'",
      'See: ottla topic create --help',
    ],
    [['topic', 'create'], 'error: TOPIC is missing: one name or several.', 'See: ottla topic create --help'],
    [
      ['context', 'list', 'x'],
      "error: 'x' is too much: there are no more arguments to take it",
      'See: ottla context list --help',
    ],
    [['--bootstrap-server', 'a:1'], 'error: a command comes first, then --bootstrap-server', 'See: ottla --help'],
  ]
  for (const [argv, message, hint] of cases) {
    deepEqual(await ottla(argv), { code: 2, out: '', err: `${message}\n${hint}\n` })
  }
})

test('nobody at the address is one line and a hint, at once', async () => {
  const refused = await ottla(['topic', 'list', '-b', 'localhost:1'])
  equal(refused.code, 1)
  equal(refused.out, '')
  match(
    refused.err,
    /^error: no broker can be reached: localhost:1 refuses the connection \(from --bootstrap-server\)\nIs a broker running there\? .*\n$/,
  )
  const debug = await ottla(['topic', 'list', '-b', 'localhost:1', '--debug'])
  match(debug.err, /\n {4}at /)
})

test('colours are for terminals, unless somebody says otherwise', async () => {
  const isColoured = async (argv: string[], options: Parameters<typeof ottla>[1]) =>
    (await ottla(argv, options)).out.includes('\u001b[')
  equal(await isColoured(['--help'], {}), false)
  equal(await isColoured(['--help'], { columns: 80 }), true)
  equal(await isColoured(['--help'], { columns: 80, variables: { NO_COLOR: '1' } }), false)
  equal(await isColoured(['--help'], { columns: 80, variables: { TERM: 'dumb' } }), false)
  equal(await isColoured(['--help'], { variables: { FORCE_COLOR: '1' } }), true)
  equal(await isColoured(['topic', 'list', '--help', '--color', 'never'], { columns: 80 }), false)
  equal(await isColoured(['topic', 'list', '--help', '--color=always'], { variables: { NO_COLOR: '1' } }), true)
})

test('no line of help is wider than the terminal', async () => {
  for (const { name } of COMMANDS) {
    const { out } = await ottla([...name.split(' '), '--help'], { columns: 80, variables: { NO_COLOR: '1' } })
    const wide = out
      .split('\n')
      .filter((line) => line.length > 80 && !line.includes('  ottla ') && !line.startsWith('Usage'))
    deepEqual(wide, [], name)
  }
})
