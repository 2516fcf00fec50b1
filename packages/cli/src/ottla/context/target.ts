/** Which cluster a command talks to: options win over the environment, and that over the chosen context. */
import type { Io } from '../../io.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { Arguments } from '../parse-arguments.ts'
import { Failure } from '../usage-problem.ts'
import { type Context, type Contexts, readContexts } from './contexts-file.ts'

export interface Target {
  readonly bootstrapServers: string
  /** Of the context. */
  readonly properties: Readonly<Record<string, string>>
  /** Null: no context has to do with it. */
  readonly context: string | null
  /** Where the address is from, for a person. */
  readonly source: string
}

const DEFAULT_SERVERS = 'localhost:9092'

/**
 * Servers: --bootstrap-server, --context, OTTLA_BOOTSTRAP_SERVERS, OTTLA_CONTEXT, the context of `ottla use`, localhost:9092. Properties are those of a context
 * that was named, or of the one in use where nothing else names the servers: passwords of one cluster are not sent to another. Throws {@link Failure}.
 */
export function targetOf(args: Pick<Arguments, 'value'>, variables: Io['variables']): Target {
  const option = args.value('bootstrap-server')
  const named = args.value('context')
  const environmentServers = nonEmpty(variables['OTTLA_BOOTSTRAP_SERVERS'])
  const environmentContext = nonEmpty(variables['OTTLA_CONTEXT'])
  const chosen = named ?? environmentContext
  if (chosen !== undefined) {
    const context = contextOf(readContexts(variables), chosen)
    const servers = option ?? (named === undefined ? environmentServers : undefined)
    return {
      bootstrapServers: servers ?? context.bootstrapServers,
      properties: context.properties,
      context: chosen,
      source:
        servers === undefined
          ? `context ${chosen}`
          : option === undefined
            ? 'OTTLA_BOOTSTRAP_SERVERS'
            : '--bootstrap-server',
    }
  }
  const bare = (bootstrapServers: string, source: string) => ({
    bootstrapServers,
    properties: {},
    context: null,
    source,
  })
  if (option !== undefined) return bare(option, '--bootstrap-server')
  if (environmentServers !== undefined) return bare(environmentServers, 'OTTLA_BOOTSTRAP_SERVERS')
  const contexts = readContexts(variables)
  const { current } = contexts
  if (current === null) return bare(DEFAULT_SERVERS, 'the default')
  const { bootstrapServers, properties } = contextOf(contexts, current)
  return { bootstrapServers, properties, context: current, source: `context ${current}` }
}

/** Throws {@link Failure} with what may have been meant. */
export function contextOf({ byName }: Contexts, name: string): Context {
  const found = byName.get(name)
  if (found !== undefined) return found
  const hint =
    byName.size === 0 ? `Add it: ottla context add ${name} HOST:PORT` : `There are: ${[...byName.keys()].join(', ')}`
  throw new Failure(`there is no context ${name}.${didYouMean(name, byName.keys())}`, { hint })
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
