/** `ottla context remove`. */
import type { Invocation } from '../command.ts'
import { readContexts, writeContexts } from './contexts-file.ts'
import { contextOf } from './target.ts'

export async function run({ args, io, screen }: Invocation): Promise<void> {
  const name = args.required('CONTEXT')
  const contexts = readContexts(io.variables)
  contextOf(contexts, name)
  const byName = new Map(contexts.byName)
  byName.delete(name)
  const wasCurrent = contexts.current === name
  writeContexts(io.variables, { current: wasCurrent ? null : contexts.current, byName })
  screen.say(`Removed context ${name}.${wasCurrent ? ' No context is in use now.' : ''}`)
}
