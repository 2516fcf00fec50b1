/** `ottla context show`. */
import type { Invocation } from '../command.ts'
import { isExposed, readContexts } from './contexts-file.ts'
import { shownProperties } from './list.ts'
import { contextOf, targetOf } from './target.ts'

export async function run({ args, io, screen }: Invocation): Promise<void> {
  const name = args.argument('CONTEXT')
  const contexts = readContexts(io.variables)
  const shown =
    name === undefined
      ? targetOf(args, io.variables)
      : { ...contextOf(contexts, name), context: name, source: `context ${name}` }
  const properties = args.has('secrets') ? shown.properties : shownProperties(shown)
  screen.json({ name: shown.context, bootstrapServers: shown.bootstrapServers, source: shown.source, properties })
  screen.pairs([
    ['Context', shown.context],
    ['Servers', shown.bootstrapServers],
    ['From', shown.source],
    ...Object.entries(properties),
  ])
  if (isExposed(io.variables, contexts))
    screen.warn('others can read the file of contexts, and it holds a secret: chmod 600')
}
