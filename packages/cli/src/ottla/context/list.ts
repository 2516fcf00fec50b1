/** `ottla context list`. */
import type { Invocation } from '../command.ts'
import { type Context, isExposed, isSecret, readContexts } from './contexts-file.ts'

export async function run({ io, screen }: Invocation): Promise<void> {
  const contexts = readContexts(io.variables)
  const rows = [...contexts.byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, context]) => ({
      name,
      bootstrapServers: context.bootstrapServers,
      isCurrent: name === contexts.current,
      properties: shownProperties(context),
    }))
  screen.json(rows)
  if (rows.length === 0) {
    screen.say('There are no contexts yet. Add one: ottla context add NAME HOST:PORT')
    return
  }
  screen.table(
    [
      {
        title: 'CONTEXT',
        text: ({ name, isCurrent }) => `${isCurrent ? '* ' : '  '}${name}`,
        paint: (text, row, { green }) => (row.isCurrent ? green(text) : text),
      },
      { title: 'SERVERS', text: ({ bootstrapServers }) => bootstrapServers, isFlexible: true },
      { title: 'SECURITY', text: ({ properties }) => properties['security.protocol'] ?? 'PLAINTEXT' },
    ],
    rows,
  )
  if (isExposed(io.variables, contexts))
    screen.warn('others can read the file of contexts, and it holds a secret: chmod 600')
}

/** With secrets hidden. */
export function shownProperties({ properties }: Context): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, isSecret(key) ? '***' : value]))
}
