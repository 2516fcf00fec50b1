/** `ottla user set`: a user's password, from standard input, since what stands on a command line can be read by others. */
import { spawnSync } from 'node:child_process'
import { unwrap } from '@ottla/client'
import type { ScramMechanism } from '@ottla/protocol'
import type { Invocation } from '../command.ts'
import { firstLine } from '../screen/screen.ts'
import { Failure } from '../usage-problem.ts'

const DEFAULT_MECHANISM = 'SCRAM-SHA-512'

export async function run(invocation: Invocation): Promise<void> {
  const { args, screen, open } = invocation
  const user = args.required('USER')
  const mechanism = (args.value('mechanism') ?? DEFAULT_MECHANISM) as ScramMechanism
  const iterations = args.integer('iterations', 1)
  const { admin } = await open()
  const password = await passwordFor(user, invocation)
  if (password === '') throw new Failure('an empty password is none: nothing was done')
  const change = {
    kind: 'upsert' as const,
    user,
    mechanism,
    password,
    ...(iterations === undefined ? {} : { iterations }),
  }
  for (const outcome of (await admin.scramCredentials.alter([change])).values()) unwrap(outcome)
  screen.json({ user, mechanism })
  screen.say(`${screen.style.bold(user)} can log in with ${mechanism}`)
}

async function passwordFor(user: string, { io }: Invocation): Promise<string> {
  if (!io.isStdinTerminal) return await firstLine(io)
  io.stderr.write(`Password of ${user}: `)
  const isHidden = echo('-echo')
  try {
    return await firstLine(io)
  } finally {
    if (isHidden) echo('echo')
    io.stderr.write('\n')
  }
}

/** Whether the terminal did so. */
function echo(mode: 'echo' | '-echo'): boolean {
  return spawnSync('stty', [mode], { stdio: 'inherit' }).status === 0
}
