/** Options that most tools share: whom to ask, and with which settings. */
import type { Kafka } from '@ottla/client'
import type { Io } from '../io.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'
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

/** A client for the options above. Throws UsageError when no server is named. */
export function connectBy(options: ParsedOptions, io: Io): Kafka {
  const servers = options.value('bootstrap-server')
  if (servers === undefined) throw new UsageError('Missing required argument "[bootstrap-server]"')
  const file = options.value('command-config') ?? options.value('config') ?? options.value('admin.config')
  return connect(servers, file === undefined ? new Map() : readProperties(file, io), io)
}
