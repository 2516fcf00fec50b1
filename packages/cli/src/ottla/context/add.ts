/** `ottla context add`. */
import { resolve } from 'node:path'
import { parseBootstrapServers } from '@ottla/client'
import { readProperties } from '../../shared/client-properties.ts'
import type { Invocation } from '../command.ts'
import { UsageProblem } from '../usage-problem.ts'
import { checkContextName, contextsPath, readContexts, writeContexts } from './contexts-file.ts'

export async function run({ args, io, screen }: Invocation): Promise<void> {
  const name = args.required('CONTEXT')
  const bootstrapServers = args.required('SERVERS')
  checkContextName(name)
  try {
    parseBootstrapServers(bootstrapServers)
  } catch (error) {
    throw new UsageProblem((error as Error).message)
  }
  const file = args.value('command-config')
  const properties = withWholePaths(
    [...(file === undefined ? [] : readProperties(file, io)), ...args.pairs('property')],
    io.workingDirectory,
  )
  const contexts = readContexts(io.variables)
  const isNew = !contexts.byName.has(name)
  const isFirst = contexts.byName.size === 0
  const byName = new Map(contexts.byName).set(name, { bootstrapServers, properties })
  const current = args.has('use') || isFirst ? name : contexts.current
  writeContexts(io.variables, { current, byName })
  screen.say(`${isNew ? 'Added' : 'Replaced'} context ${screen.style.bold(name)} in ${contextsPath(io.variables)}`)
  if (current === name) screen.say(`Now using it: ${bootstrapServers}`)
  else screen.say(`Use it with: ottla use ${name}`)
}

/** A context is used from any folder: files that it names are named in full. */
function withWholePaths(
  pairs: readonly (readonly [string, string])[],
  workingDirectory: string,
): Record<string, string> {
  return Object.fromEntries(
    pairs.map(([key, value]) => [key, key.endsWith('.location') ? resolve(workingDirectory, value) : value]),
  )
}
