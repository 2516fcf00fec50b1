/**
 * `ottla complete -- WORDS`: what the scripts of the shells call. A line for each candidate, with a tab before its description; `:file` and `:folder` ask the shell to do
 * it. Nobody wants to see an error, or wait, while typing: without a broker there is nothing, at once.
 */

import type { Io } from '../../io.ts'
import type { Invocation } from '../command.ts'
import { findCommand, optionsOf } from '../command-table.ts'
import { readContexts } from '../context/contexts-file.ts'
import { Arguments, splitOptions } from '../parse-arguments.ts'
import { type Candidate, type Wanted, wantedAfter } from './candidates.ts'

/** A person has typed on by then. */
const PATIENCE_MS = 1500
const REQUEST_TIMEOUT = '1s'
const KINDS = ['topic/', 'broker/', 'broker', 'group/', 'broker-logger/', 'client-metrics/']

type Lookup = Extract<Wanted, { kind: 'lookup' }>

export async function run({ args, io }: Invocation): Promise<void> {
  const words = args.arguments('WORD')
  const current = words.at(-1) ?? ''
  const wanted = wantedAfter(words)
  const found =
    wanted.kind === 'nothing'
      ? []
      : wanted.kind === 'candidates'
        ? wanted.candidates
        : await within(io, lookUp(wanted, words, io))
  const lines = found
    .filter(({ text }) => text.startsWith(current) || text.startsWith(':'))
    .map(({ text, description }) => (description === '' ? text : `${text}\t${description}`))
  if (lines.length > 0) io.stdout.write(`${lines.join('\n')}\n`)
}

async function within(io: Io, work: Promise<readonly Candidate[]>): Promise<readonly Candidate[]> {
  const late = new Promise<readonly Candidate[]>((resolve) => io.env.timers.after(PATIENCE_MS, () => resolve([])))
  return await Promise.race([work.catch(() => []), late])
}

async function lookUp(
  { what, prefix, entity, command }: Lookup,
  words: readonly string[],
  io: Io,
): Promise<readonly Candidate[]> {
  const named = (names: Iterable<string>, description = '') =>
    [...names].sort().map((name) => ({ text: prefix + name, description }))
  switch (what) {
    case 'file':
    case 'folder':
      return [{ text: `:${what}`, description: '' }]
    case 'context':
      return [...readContexts(io.variables).byName].map(([name, { bootstrapServers }]) => ({
        text: prefix + name,
        description: bootstrapServers,
      }))
    case 'command':
      return []
    case 'config-key':
      return named(
        (await configKeys(entity)).map((key) =>
          command.endsWith('get') || command.endsWith('unset') ? key : `${key}=`,
        ),
      )
    case 'topic':
      return named(await fromCluster(words, io, 'topics'))
    case 'group':
      return named(await fromCluster(words, io, 'groups'))
    case 'entity':
      return named(await entities(words, io))
  }
}

async function configKeys(entity: string | null): Promise<string[]> {
  const { brokerKeys, clientMetricsKeys, groupKeys, topicKeys } = await import('@ottla/config')
  const [kind] = (entity ?? 'topic').split('/')
  const tables = { topic: topicKeys, broker: brokerKeys, group: groupKeys, 'client-metrics': clientMetricsKeys }
  const keys = tables[kind as keyof typeof tables] ?? new Map()
  return [...keys.values()].filter(({ internal }) => !internal).map(({ name }) => name)
}

async function entities(words: readonly string[], io: Io): Promise<string[]> {
  const [kind = '', name] = (words.at(-1) ?? '').split('/')
  if (name === undefined) return KINDS
  const names = await fromCluster(words, io, kind === 'topic' ? 'topics' : kind === 'group' ? 'groups' : 'brokers')
  return names.map((each) => `${kind}/${each}`)
}

/** Of the cluster that the words typed so far are about. */
async function fromCluster(words: readonly string[], io: Io, what: 'topics' | 'groups' | 'brokers'): Promise<string[]> {
  const { openSession } = await import('../session.ts')
  const session = await openSession(connectionArguments(words), io)
  try {
    const { admin } = session
    if (what === 'groups') return (await admin.listGroups()).map(({ group }) => group)
    if (what === 'brokers') return (await admin.describeCluster()).brokers.map(({ id }) => String(id))
    const current = words.at(-1) ?? ''
    const listed = await admin.listTopics()
    return listed.filter(({ isInternal }) => !isInternal || current.startsWith('_')).map(({ name }) => name)
  } finally {
    session.close().catch(() => {})
  }
}

function connectionArguments(words: readonly string[]): Arguments {
  const found = findCommand(words)
  const values = new Map<string, string[]>()
  try {
    const given =
      found === null
        ? new Map<string, string[]>()
        : splitOptions(optionsOf(found.command), found.argv.slice(0, -1)).values
    for (const name of ['bootstrap-server', 'context', 'property', 'command-config']) {
      const value = given.get(name)
      if (value !== undefined) values.set(name, value)
    }
  } catch {
    // Half of an option.
  }
  return new Arguments(values.set('timeout', [REQUEST_TIMEOUT]), new Map())
}
