import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { ottla, ottlaWithBroker, temporaryFolder } from '../test-ottla.test.ts'
import { COMPLETION_SCRIPTS } from './scripts.ts'

async function completed(
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const { code, out, err } = await ottla(['complete', '--', ...words], { variables })
  deepEqual([code, err], [0, ''])
  return out.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0]!]))
}

test('commands, words of a group, options and their values are completed from the table', async () => {
  deepEqual(await completed(['to']), ['topic'])
  ok((await completed([''])).includes('produce'))
  equal((await completed([''])).includes('complete'), false)
  deepEqual(await completed(['topic', 'de']), ['describe', 'delete'])
  deepEqual(await completed(['topic', 'create', 'x', '--pa']), ['--partitions'])
  deepEqual(await completed(['topic', 'list', '--color', 'a']), ['auto', 'always'])
  deepEqual(await completed(['topic', 'list', '--color=n']), ['--color=never'])
  deepEqual(await completed(['produce', 't', '--acks', '']), ['all', '1', '0'])
  deepEqual(await completed(['topic', 'list', '--json', '--js']), [])
  deepEqual(await completed(['produce', 't', 'x']), [':file'])
  deepEqual(await completed(['config', 'get', 'to']), ['topic/'])
  deepEqual(await completed(['config', 'set', 'topic/x', 'retention.m']), ['retention.ms='])
  deepEqual(await completed(['help', 'gr']), ['group'])
  deepEqual(await completed(['nonsense', 'x']), [])
  match((await ottla(['complete', '--', 'topic', 'cr'])).out, /^create\tCreates topics\n$/)
})

test('topics, groups and brokers are those of the cluster that is meant, and nobody is silence', async (t) => {
  const { run, bootstrap } = await ottlaWithBroker(t)
  await run('topic create orders payments')
  await run('produce orders -m a')
  await run('consume orders -G billing -e')
  const variables = { OTTLA_BOOTSTRAP_SERVERS: bootstrap }
  deepEqual(await completed(['topic', 'describe', ''], variables), ['orders', 'payments'])
  deepEqual(await completed(['topic', 'describe', 'orders', 'pay'], variables), ['payments'])
  deepEqual(await completed(['group', 'describe', 'b'], variables), ['billing'])
  deepEqual(await completed(['config', 'get', 'topic/o'], variables), ['topic/orders'])
  deepEqual(await completed(['config', 'get', 'broker/'], variables), ['broker/1'])
  deepEqual(await completed(['topic', 'describe', '-b', bootstrap, 'ord']), ['orders'])
  deepEqual(await completed(['topic', 'describe', ''], { OTTLA_BOOTSTRAP_SERVERS: 'localhost:1' }), [])
})

test('bash completes with what ottla answers', async (t) => {
  const { script, folder } = stub(t, 'bash')
  writeFileSync(
    join(folder, 'try.sh'),
    `source ${script}
compopt() { :; }
try() { COMP_LINE=$1; COMP_POINT=\${#1}; read -ra COMP_WORDS <<< "$1"; _ottla; echo "\${COMPREPLY[*]}"; }
try 'ottla top'
try 'ottla config get topic/o'
try 'ottla topic list --color=al'
try 'ottla topic '
`,
  )
  const { stdout } = await promisify(execFile)('bash', [join(folder, 'try.sh')], {
    env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` },
  })
  equal(stdout, 'topic\ntopic/orders\nalways\nlist create\n')
})

test('fish completes with what ottla answers', async (t) => {
  if (spawnSync('fish', ['--version']).status !== 0) return t.skip('fish is not installed')
  const { script, folder } = stub(t, 'fish')
  const { stdout } = await promisify(execFile)(
    'fish',
    ['--no-config', '-c', `source ${script}; complete -C 'ottla top'; complete -C 'ottla topic '`],
    {
      env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` },
    },
  )
  match(stdout, /^topic\tTopics\n/)
})

test('zsh reads its script', async (t) => {
  if (spawnSync('zsh', ['--version']).status !== 0) return t.skip('zsh is not installed')
  const { script } = stub(t, 'zsh')
  equal(spawnSync('zsh', ['-n', script]).status, 0)
})

/** The script, and an `ottla` that answers without a broker. */
function stub(t: TestContext, shell: 'bash' | 'fish' | 'zsh'): { script: string; folder: string } {
  const folder = temporaryFolder(t)
  const program = join(folder, 'ottla')
  writeFileSync(
    program,
    `#!/bin/sh
case "$*" in
  'complete -- top') printf 'topic\\tTopics\\n' ;;
  'complete -- config get topic/o') echo topic/orders ;;
  'complete -- topic list --color=al') echo --color=always ;;
  'complete -- topic ') printf 'list\\tLists\\ncreate\\tCreates\\n' ;;
esac
`,
  )
  chmodSync(program, 0o755)
  const script = join(folder, `completion.${shell}`)
  writeFileSync(script, COMPLETION_SCRIPTS[shell])
  return { script, folder }
}
