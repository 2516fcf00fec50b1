/** kafka-configs: shows and changes settings of topics, brokers, loggers, groups and metrics subscriptions. */

import { KafkaError } from '@ottla/client'
import { printLine } from '../io.ts'
import { onlyAction } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { FileError, ToolError, UsageError } from '../options/usage-error.ts'
import { connect, readProperties } from '../shared/client-properties.ts'
import { errorText, errorTextWithClass, isWrongAddress } from '../shared/error-text.ts'
import { NO_CONTROLLERS } from '../shared/server-options.ts'
import { defineTool } from '../tool.ts'
import { alterConfigs, requestedChanges } from './alter-configs.ts'
import { alterClientConfigs, describeClientConfigs } from './client-configs.ts'
import { clientEntity } from './client-entity.ts'
import { checkEntityTypes, configEntity } from './config-entity.ts'
import { describeConfigs } from './describe-configs.ts'

const OPTIONS: OptionTable = [
  {
    name: 'bootstrap-server',
    argument: { label: 'server to connect to' },
    description: 'Brokers to ask first, HOST:PORT,HOST:PORT.',
  },
  {
    name: 'bootstrap-controller',
    argument: { label: 'controller to connect to' },
    description: 'Refused: brokers are asked, and ask the controller.',
  },
  {
    name: 'command-config',
    argument: { label: 'command config property file' },
    description: 'Properties file for the client.',
  },
  { name: 'describe', description: 'Show settings.' },
  { name: 'alter', description: 'Change settings.' },
  { name: 'all', description: 'With --describe: defaults too.' },
  {
    name: 'entity-type',
    argument: { label: '' },
    description: 'topics, clients, users, ips, brokers, broker-loggers, groups or client-metrics.',
  },
  {
    name: 'entity-name',
    argument: { label: '' },
    description: 'Name of the topic, group, client or user, id of the broker, address.',
  },
  { name: 'entity-default', description: 'With brokers, clients, users and ips: what holds for all of them.' },
  { name: 'topic', argument: { label: '' }, description: 'The topic.' },
  { name: 'broker', argument: { label: '' }, description: 'The id of the broker.' },
  { name: 'broker-logger', argument: { label: '' }, description: 'The id of the broker whose log levels are meant.' },
  { name: 'group', argument: { label: '' }, description: 'The group.' },
  { name: 'client-metrics', argument: { label: '' }, description: 'The metrics subscription.' },
  { name: 'client', argument: { label: '' }, description: 'The client id.' },
  { name: 'user', argument: { label: '' }, description: 'The name of the user.' },
  { name: 'ip', argument: { label: '' }, description: 'The address that clients come from.' },
  { name: 'broker-defaults', description: 'What holds for all brokers.' },
  { name: 'client-defaults', description: 'What holds for clients without settings of their own.' },
  { name: 'user-defaults', description: 'What holds for users without settings of their own.' },
  { name: 'ip-defaults', description: 'What holds for addresses without settings of their own.' },
  {
    name: 'add-config',
    argument: { label: '' },
    description:
      'Settings to set: k1=v1,k2=[v1,v2]. Brackets stand around values with commas. Users: quotas, or SCRAM-SHA-256=[iterations=8192,password=P].',
  },
  { name: 'add-config-file', argument: { label: '' }, description: 'Properties file with settings to set.' },
  { name: 'delete-config', argument: { label: '' }, description: 'Settings to take back: k1,k2.' },
  { name: 'force', description: 'Understood, without effect: nothing is asked.', isHidden: true },
]

/** Runs kafka-configs. */
export const run = defineTool({
  purpose: 'manipulate and describe entity config for a topic, client, user, broker, ip, client-metrics or group',
  options: OPTIONS,
  async run(options, io) {
    const action = onlyAction(
      options,
      ['describe', 'alter'],
      'Command must include exactly one action: --describe, --alter',
    )
    checkEntityTypes(options)
    const client = clientEntity(options)
    const entity = client === null ? configEntity(options) : null
    const servers = serversOf(options)
    if (action === 'alter' && !['add-config', 'add-config-file', 'delete-config'].some((name) => options.has(name))) {
      throw refusal(
        'At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter',
      )
    }
    if (options.has('add-config') && options.has('add-config-file')) {
      throw refusal('Only one of --add-config or --add-config-file must be specified')
    }
    try {
      const file = options.value('command-config')
      const properties = file === undefined ? new Map() : readProperties(file, io)
      await using kafka = connect(servers, properties, io)
      const common = { admin: kafka.admin(), options, io }
      if (client !== null) {
        const command = { ...common, entity: client }
        if (action === 'describe') await describeClientConfigs(command)
        else await alterClientConfigs(command, requestedChanges(options, io))
      } else if (entity !== null) {
        const command = { ...common, entity }
        if (action === 'describe') await describeConfigs(command)
        else await alterConfigs(command)
      }
      return 0
    } catch (error) {
      if (error instanceof UsageError || (error instanceof ToolError && !(error instanceof FileError))) throw error
      printLine(io.stderr, `Error while executing config command with args '${options.argv.join(' ')}'`)
      printLine(io.stderr, thrownText(error))
      return 1
    }
  },
})

/** As Java shows what was thrown: answers of brokers come by way of a future. */
function thrownText(error: unknown): string {
  if (error instanceof FileError) return `java.nio.file.NoSuchFileException: ${errorText(error)}`
  if (isWrongAddress(error)) return `org.apache.kafka.common.KafkaException: ${errorText(error)}`
  if (!(error instanceof KafkaError)) return errorTextWithClass(error)
  return `java.util.concurrent.ExecutionException: ${errorTextWithClass(error)}`
}

function serversOf(options: ParsedOptions): string {
  if (options.has('bootstrap-server') && options.has('bootstrap-controller')) {
    throw refusal('Only one of --bootstrap-server or --bootstrap-controller can be specified')
  }
  if (options.has('bootstrap-controller')) throw new ToolError(NO_CONTROLLERS)
  const servers = options.value('bootstrap-server')
  if (servers === undefined) throw refusal('Either --bootstrap-server or --bootstrap-controller must be specified.')
  return servers
}

function refusal(message: string): UsageError {
  return new UsageError(message, { showsOptions: false })
}
