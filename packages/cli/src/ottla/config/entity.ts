/** What has settings, as it is named on the command line: `topic/orders`, `broker/1`, `broker` for all brokers, `group/billing`, … */
import {
  type Admin,
  type ConfigEntry,
  type ConfigResource,
  ConfigResourceType,
  resourceKey,
  unwrap,
} from '@ottla/client'
import { didYouMean, similarTo } from '../did-you-mean.ts'
import { codeOf } from '../failure.ts'
import { Failure, UsageProblem } from '../usage-problem.ts'

const TYPES: Readonly<Record<string, ConfigResourceType>> = {
  topic: ConfigResourceType.topic,
  broker: ConfigResourceType.broker,
  'broker-logger': ConfigResourceType.brokerLogger,
  group: ConfigResourceType.group,
  'client-metrics': ConfigResourceType.clientMetrics,
}

export const ENTITY_TYPES: readonly string[] = Object.keys(TYPES)

/** Throws {@link UsageProblem}. */
export function parseEntity(text: string): ConfigResource {
  const slash = text.indexOf('/')
  const word = slash === -1 ? text : text.slice(0, slash)
  const name = slash === -1 ? '' : text.slice(slash + 1)
  const type = TYPES[word]
  if (type === undefined) {
    throw new UsageProblem(
      `'${text}' has no kind: topic/NAME, broker/ID, broker (all of them), group/NAME, broker-logger/ID or client-metrics/NAME.${didYouMean(word, ENTITY_TYPES)}`,
    )
  }
  if (name === '' && type !== ConfigResourceType.broker)
    throw new UsageProblem(`which ${word}? ${word}/${type === ConfigResourceType.brokerLogger ? 'ID' : 'NAME'}`)
  return { type, name }
}

export async function entriesOf(admin: Admin, resource: ConfigResource): Promise<ConfigEntry[]> {
  const outcomes = await admin.describeConfigs([resource], { includeSynonyms: true })
  const outcome = outcomes.get(resourceKey(resource))
  if (outcome?.kind === 'failed' && codeOf(outcome.error) === 'UNKNOWN_TOPIC_OR_PARTITION') {
    const meant = similarTo(
      resource.name,
      (await admin.listTopics()).map(({ name }) => name),
    )
    throw new Failure(`there is no topic ${resource.name}`, {
      hint: meant.length === 0 ? undefined : `Did you mean ${meant.join(', ')}?`,
    })
  }
  return [...unwrap(outcome)].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The value that it would have if nobody had set it; null when that is not told. */
export function defaultOf({ synonyms, source, value }: ConfigEntry): string | null {
  if (source === 'DEFAULT_CONFIG') return value
  return synonyms.find((synonym) => synonym.source === 'DEFAULT_CONFIG')?.value ?? null
}

/** `DYNAMIC_TOPIC_CONFIG` → `topic`, for a person. */
export function sourceWord(source: string): string {
  return SOURCE_WORDS[source] ?? source.toLowerCase()
}

const SOURCE_WORDS: Readonly<Record<string, string>> = {
  DYNAMIC_TOPIC_CONFIG: 'topic',
  DYNAMIC_BROKER_CONFIG: 'broker',
  DYNAMIC_DEFAULT_BROKER_CONFIG: 'all brokers',
  STATIC_BROKER_CONFIG: 'file',
  DEFAULT_CONFIG: 'default',
  DYNAMIC_BROKER_LOGGER_CONFIG: 'logger',
  DYNAMIC_CLIENT_METRICS_CONFIG: 'subscription',
  DYNAMIC_GROUP_CONFIG: 'group',
}

export function shownValue({ value, isSensitive }: Pick<ConfigEntry, 'value' | 'isSensitive'>): string | null {
  return isSensitive ? '***' : value
}
