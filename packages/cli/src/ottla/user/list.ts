/** `ottla user list`. */
import type { Invocation } from '../command.ts'

export async function run({ screen, open }: Invocation): Promise<void> {
  const { admin } = await open()
  const described = await admin.scramCredentials.describe()
  const users = [...described]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([user, outcome]) => (outcome.kind === 'done' ? [{ user, credentials: outcome.value }] : []))
  screen.json(users)
  if (users.length === 0) {
    screen.remark('There are no users with a password.')
    return
  }
  screen.table(
    [
      { title: 'USER', text: ({ user }) => user, isFlexible: true, paint: (text, _, { cyan }) => cyan(text) },
      { title: 'MECHANISM', text: ({ mechanism }) => mechanism },
      { title: 'ITERATIONS', text: ({ iterations }) => iterations, align: 'right' },
    ],
    users.flatMap(({ user, credentials }) => credentials.map((credential) => ({ user, ...credential }))),
  )
}
