/** `ottla use`. */
import type { Invocation } from '../command.ts'
import { readContexts, writeContexts } from './contexts-file.ts'
import { contextOf, targetOf } from './target.ts'

export async function run({ args, io, screen }: Invocation): Promise<void> {
  const name = args.argument('CONTEXT')
  const contexts = readContexts(io.variables)
  if (name === undefined) {
    const { context, bootstrapServers, source } = targetOf(args, io.variables)
    screen.say(context === null ? `${bootstrapServers} (${source})` : `${context}: ${bootstrapServers}`)
    return
  }
  if (name === '-') {
    writeContexts(io.variables, { ...contexts, current: null })
    screen.say('No context is in use: commands talk to localhost:9092.')
    return
  }
  const { bootstrapServers } = contextOf(contexts, name)
  writeContexts(io.variables, { ...contexts, current: name })
  screen.say(`Now using ${screen.style.bold(name)}: ${bootstrapServers}`)
  for (const variable of ['OTTLA_BOOTSTRAP_SERVERS', 'OTTLA_CONTEXT']) {
    if ((io.variables[variable] ?? '') !== '') screen.warn(`${variable} is set, and wins over the context in use`)
  }
}
