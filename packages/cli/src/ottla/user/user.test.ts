import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { ottlaWithBroker } from '../test-ottla.test.ts'

test('users get passwords from standard input, are listed, and lose them', async (t) => {
  const { run } = await ottlaWithBroker(t)
  equal((await run('user list --json')).out, '[]\n')
  equal((await run('user set billing', { stdin: 'secret\n' })).out, 'billing can log in with SCRAM-SHA-512\n')
  await run('user set billing -m SCRAM-SHA-256 --iterations 4096', { stdin: 'secret' })
  deepEqual(JSON.parse((await run('user list --json')).out), [
    {
      user: 'billing',
      credentials: [
        { mechanism: 'SCRAM-SHA-256', iterations: 4096 },
        { mechanism: 'SCRAM-SHA-512', iterations: 8192 },
      ],
    },
  ])
  match((await run('user list')).out, /^USER +MECHANISM +ITERATIONS\nbilling {2}SCRAM-SHA-256 +4096\n/)
  equal((await run('user set billing', { stdin: '\n' })).code, 1)
  match(
    (await run('user remove biling -y')).err,
    /^error: there is no user biling with a password\. Did you mean billing\?\n/,
  )
  equal(
    (await run('user remove billing -y')).out,
    'billing cannot log in with SCRAM-SHA-256 and SCRAM-SHA-512 any more\n',
  )
  equal((await run('user list --json')).out, '[]\n')
})
