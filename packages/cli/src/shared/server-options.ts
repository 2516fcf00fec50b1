/** Options that most tools share: whom to ask, and with which settings. */
import type { Kafka } from '@ottla/client'
import type { Io } from '../io.ts'
import type { OptionSpec, OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError, UsageError } from '../options/usage-error.ts'
import { connect, readProperties } from './client-properties.ts'

export const SERVER_OPTIONS: OptionTable = [
  {
    name: 'bootstrap-server',
    argument: { label: 'server(s) to use for bootstrapping' },
    description: 'REQUIRED: brokers to ask first.',
  },
  {
    name: 'command-config',
    argument: { label: 'command config property file path' },
    description: 'Properties file for the client.',
  },
]

/** The same for tools with sub-commands. */
export const ADDRESS_OPTIONS: OptionTable = [
  {
    name: 'bootstrap-server',
    argument: { label: 'server' },
    isAlternative: true,
    description: 'Brokers to ask first.',
  },
  {
    name: 'bootstrap-controller',
    argument: { label: 'controller' },
    isAlternative: true,
    description: 'Controllers: not supported, name brokers.',
  },
]

export const COMMAND_CONFIG: OptionSpec = {
  name: 'command-config',
  argument: { label: 'file' },
  description: 'Properties file for the client.',
}

/** The client speaks to brokers alone, which ask the controller where that is needed. */
export const NO_CONTROLLERS = 'Controllers are not asked directly: use --bootstrap-server with the address of a broker.'

/** A client for the options above. Throws UsageError when no server is named. */
export function connectBy(options: ParsedOptions, io: Io): Kafka {
  if (options.has('bootstrap-controller')) {
    throw new ToolError(NO_CONTROLLERS)
  }
  const servers = options.value('bootstrap-server')
  if (servers === undefined) throw new UsageError('Missing required argument "[bootstrap-server]"')
  const file = options.value('command-config') ?? options.value('config') ?? options.value('admin.config')
  return connect(servers, file === undefined ? new Map() : readProperties(file, io), io)
}
