/** kafka-configs --alter. */
import { type ConfigChange, ConfigResourceType, resourceKey, unwrap } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'
import { readProperties } from '../shared/client-properties.ts'
import type { ConfigCommand } from './describe-configs.ts'

export async function alterConfigs(command: ConfigCommand): Promise<void> {
  const { admin, options, io, entity } = command
  const resource = { type: entity.kind.resourceType, name: entity.name ?? '' }
  const { added, deleted } = requestedChanges(options, io)
  const changes: ConfigChange[] = [
    ...[...added].map(([name, value]) => ({ kind: 'set' as const, name, value })),
    ...deleted.map((name) => ({ kind: 'delete' as const, name })),
  ]
  if (resource.type === ConfigResourceType.brokerLogger) {
    const loggers = unwrap((await admin.describeConfigs([resource])).get(resourceKey(resource)))
    const unknown = changes.map(({ name }) => name).filter((name) => !loggers.some((logger) => logger.name === name))
    if (unknown.length > 0) throw refusal(`Invalid broker logger(s): ${unknown.join(',')}`)
  }
  const outcomes = await admin.incrementalAlterConfigs([{ resource, changes }])
  unwrap(outcomes.get(resourceKey(resource)))
  const what =
    resource.name === ''
      ? `default config for ${entity.kind.plural} in the cluster`
      : `config for ${entity.kind.singular} ${resource.name}`
  printLine(io.stdout, `Completed updating ${what}.`)
}

/** What the command line asks for. Throws UsageError, ToolError. */
export function requestedChanges(options: ParsedOptions, io: Io): { added: Map<string, string>; deleted: string[] } {
  const file = options.value('add-config-file')
  const added = new Map([
    ...(file === undefined ? [] : readProperties(file, io)),
    ...(options.has('add-config') ? parseAddedConfigs(options.value('add-config') ?? '') : []),
  ])
  return { added, deleted: deletedNames(options) }
}

/** `k1=v1,k2=[v1,v2]`. Throws UsageError in Kafka's words. */
export function parseAddedConfigs(text: string): Map<string, string> {
  const configs = new Map<string, string>()
  // A comma within brackets belongs to the value.
  for (const pair of text.split(/,(?![^[\]]*\])/)) {
    const match = /^\s*([^=\s]*)\s*=\s*(?:\[(.*)\]|(.*?))\s*$/s.exec(pair)
    if (match === null) {
      throw new UsageError(
        'requirement failed: Invalid entity config: all configs to be added must be in the format "key=val" or  "key=[val1,val2]" to group values which contain commas.',
        { showsOptions: false },
      )
    }
    configs.set(match[1]!, match[2] ?? match[3] ?? '')
  }
  return configs
}

function deletedNames(options: ParsedOptions): string[] {
  return options
    .values('delete-config')
    .flatMap((text) => text.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function refusal(message: string): UsageError {
  return new UsageError(message, { showsOptions: false })
}
