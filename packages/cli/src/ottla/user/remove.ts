/** `ottla user remove`. */
import { unwrap } from '@ottla/client'
import type { ScramMechanism } from '@ottla/protocol'
import type { Invocation } from '../command.ts'
import { didYouMean } from '../did-you-mean.ts'
import { Failure } from '../usage-problem.ts'

export async function run({ args, screen, open }: Invocation): Promise<void> {
  const user = args.required('USER')
  const wanted = args.value('mechanism')
  const { admin } = await open()
  const all = await admin.scramCredentials.describe()
  const found = all.get(user)
  if (found === undefined) throw new Failure(`there is no user ${user} with a password.${didYouMean(user, all.keys())}`)
  const mechanisms = unwrap(found)
    .map(({ mechanism }) => mechanism)
    .filter(
      (mechanism): mechanism is ScramMechanism =>
        mechanism !== 'UNKNOWN' && (wanted === undefined || mechanism === wanted),
    )
  if (mechanisms.length === 0) throw new Failure(`${user} has no password for ${wanted}`)
  await screen.confirm(`Delete the password of ${user} for ${mechanisms.join(' and ')}?`, { yes: args.has('yes') })
  const changes = mechanisms.map((mechanism) => ({ kind: 'delete' as const, user, mechanism }))
  for (const outcome of (await admin.scramCredentials.alter(changes)).values()) unwrap(outcome)
  screen.json({ user, mechanisms })
  screen.say(`${screen.style.bold(user)} cannot log in with ${mechanisms.join(' and ')} any more`)
}
