/** What kafka-console-share-consumer is asked to do, checked as Kafka's tool checks it. */
import { boundless, formatter } from '../console-consumer/consumer-settings.ts'
import type { MessageFormatter } from '../console-consumer/message-formatter.ts'
import type { Io } from '../io.ts'
import { requireOptions } from '../options/check-options.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'
import { pairsOf, readProperties } from '../shared/client-properties.ts'
import { checkOldNames, tellOldNames } from '../shared/deprecated-options.ts'
import { javaMapOrder, stringHash } from '../shared/java-map-order.ts'

export interface ShareSettings {
  readonly servers: string
  readonly topic: string
  readonly group: string
  readonly properties: ReadonlyMap<string, string>
  readonly format: MessageFormatter
  /** What becomes of a record that was printed. */
  readonly answer: 'ack' | 'release' | 'reject'
  /** Of one that could not be printed. */
  readonly onError: 'stop' | 'reject'
  /** Infinity: waits for ever. */
  readonly timeoutMs: number
}

const DEFAULT_GROUP = 'console-share-consumer'
const OLD_NAMES = [
  { old: 'consumer-property', current: 'command-property' },
  { old: 'consumer-config', current: 'command-config' },
  { old: 'property', current: 'formatter-property' },
]

/** Throws UsageError, ToolError. */
export function shareSettings(options: ParsedOptions, io: Io): ShareSettings {
  if (!options.has('topic')) throw new UsageError('--topic is a required argument')
  requireOptions(options, ['bootstrap-server'])
  if (options.has('reject') && options.has('release')) {
    throw new UsageError('At most one of --reject and --release may be specified.')
  }
  checkOldNames(OLD_NAMES, options, 'old')
  tellOldNames(OLD_NAMES, 'Option', { options, io })
  const format = formatter(options, io)
  const file = options.value('command-config') ?? options.value('consumer-config')
  const fromFile = file === undefined ? new Map<string, string>() : readProperties(file, io)
  const pairs = pairsOf([...options.values('consumer-property'), ...options.values('command-property')])
  return {
    servers: options.required('bootstrap-server'),
    topic: options.required('topic'),
    group: onlyGroup([options.value('group'), fromFile.get('group.id'), pairs.get('group.id')]),
    properties: new Map([['client.id', DEFAULT_GROUP], ...fromFile, ...pairs]),
    format,
    answer: options.has('reject') ? 'reject' : options.has('release') ? 'release' : 'ack',
    onError: options.has('reject-message-on-error') ? 'reject' : 'stop',
    timeoutMs: boundless(options.integer('timeout-ms')),
  }
}

function onlyGroup(given: readonly (string | undefined)[]): string {
  const different = [...new Set(given.filter((group) => group !== undefined))]
  if (different.length < 2) return different[0] ?? DEFAULT_GROUP
  const list = javaMapOrder(different, stringHash)
    .map((group) => `'${group}'`)
    .join(', ')
  throw new UsageError(
    `The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer-config') do not match. Detected group ids: ${list}`,
  )
}
