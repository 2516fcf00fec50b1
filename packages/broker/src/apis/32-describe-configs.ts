/**
 * DescribeConfigs (key 32), versions 0 to 4.
 *
 * The settings in force of topics, brokers, groups and client metrics subscriptions, and levels of loggers, with where each comes from. v1: sources and synonyms;
 * v3: types and documentation. Secrets are never shown.
 */
import {
  ConfigSource,
  type DescribedConfig,
  describeBroker,
  describeBrokerDefaults,
  describeClientMetrics,
  describeGroup,
  describeTopic,
  effectiveClientMetricsConfig,
  effectiveGroupConfig,
  effectiveTopicConfig,
} from '@ottla/config'
import { ConfigResourceType, topicNameProblem } from '@ottla/metadata'
import { DescribeConfigsRequest, DescribeConfigsResponse, ErrorCode, type Init } from '@ottla/protocol'
import type { BrokerContext } from '../broker-context.ts'
import { loggerLevels } from '../configs/broker-loggers.ts'
import { defineApi } from './handler.ts'

type Result = NonNullable<Init<typeof DescribeConfigsResponse>['results']>[number]
type Outcome = { readonly configs: readonly DescribedConfig[] } | { readonly error: number; readonly message: string }
type Names = ReadonlySet<string> | null

export const describeConfigs = defineApi({
  key: 32,
  request: DescribeConfigsRequest,
  response: DescribeConfigsResponse,
  handle(context, request) {
    const results = request.resources.map(({ resourceType, resourceName, configurationKeys }): Result => {
      const names = configurationKeys === null || configurationKeys.length === 0 ? null : new Set(configurationKeys)
      const outcome = describe(context.broker, { type: resourceType, name: resourceName }, names)
      const resource = { resourceType, resourceName }
      if ('error' in outcome) return { ...resource, errorCode: outcome.error, errorMessage: outcome.message }
      return {
        ...resource,
        errorCode: ErrorCode.NONE,
        errorMessage: '',
        configs: outcome.configs.map((config) => row(config, request)),
      }
    })
    return { results }
  },
})

function describe(broker: BrokerContext, resource: { type: number; name: string }, names: Names): Outcome {
  const { type, name } = resource
  const { config, image } = broker
  switch (type) {
    case ConfigResourceType.TOPIC:
      return describeTopicNamed(broker, name, names)
    case ConfigResourceType.BROKER:
      return describeBrokerNamed(broker, name, names)
    case ConfigResourceType.BROKER_LOGGER:
      return describeLoggersNamed(broker, name, names)
    case ConfigResourceType.CLIENT_METRICS:
      if (name === '')
        return { error: ErrorCode.INVALID_REQUEST, message: 'Client metrics subscription name must not be empty' }
      return {
        configs: describeClientMetrics(
          config,
          effectiveClientMetricsConfig(config, image.configs.of(type, name)),
          names,
        ),
      }
    case ConfigResourceType.GROUP:
      if (name === '') return { error: ErrorCode.INVALID_REQUEST, message: 'Group name must not be empty' }
      return { configs: describeGroup(config, effectiveGroupConfig(config, image.configs.of(type, name)), names) }
    default:
      return { error: ErrorCode.INVALID_REQUEST, message: `Unsupported resource type: ${type}` }
  }
}

function describeTopicNamed({ config, image }: BrokerContext, name: string, names: Names): Outcome {
  const problem = topicNameProblem(name)
  if (problem !== null) return { error: ErrorCode.INVALID_TOPIC_EXCEPTION, message: problem }
  if (image.topics.byName(name) === undefined) {
    return { error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message: 'This server does not host this topic-partition.' }
  }
  const overrides = image.configs.of(ConfigResourceType.TOPIC, name)
  return { configs: describeTopic(config, effectiveTopicConfig(config, overrides), names) }
}

/** The empty name is the cluster's default; else it must be this broker, which alone knows its own file. */
function describeBrokerNamed({ config, nodeId }: BrokerContext, name: string, names: Names): Outcome {
  if (name === '') return { configs: describeBrokerDefaults(config, names) }
  if (!/^-?\d+$/.test(name))
    return { error: ErrorCode.INVALID_REQUEST, message: `Broker id must be an integer, but it is: ${name}` }
  if (Number(name) !== nodeId) {
    const message = `Unexpected broker id, expected ${nodeId} or empty string, but received ${name}`
    return { error: ErrorCode.INVALID_REQUEST, message }
  }
  return { configs: describeBroker(config, names) }
}

/** Loggers have no types and no synonyms. */
function describeLoggersNamed({ env, nodeId }: BrokerContext, name: string, names: Names): Outcome {
  const invalid = (message: string): Outcome => ({ error: ErrorCode.INVALID_REQUEST, message })
  if (name === '') return invalid('Broker id must not be empty')
  if (!/^-?\d+$/.test(name)) return invalid(`Broker id must be an integer, but it is: ${name}`)
  if (Number(name) !== nodeId) return invalid(`Unexpected broker id, expected ${nodeId} but received ${name}`)
  const configs = loggerLevels(env.logLevels, names).map((logger) => ({
    ...logger,
    source: ConfigSource.DYNAMIC_BROKER_LOGGER,
    readOnly: false,
    isSensitive: false,
    synonyms: [],
    type: 0,
    documentation: '',
  }))
  return { configs }
}

function row(config: DescribedConfig, request: { includeSynonyms: boolean; includeDocumentation: boolean }) {
  return {
    name: config.name,
    value: config.value,
    readOnly: config.readOnly,
    isDefault: config.source === ConfigSource.DEFAULT,
    configSource: config.source,
    isSensitive: config.isSensitive,
    synonyms: request.includeSynonyms ? config.synonyms : [],
    configType: config.type,
    // Kafka leaves out no empty one of loggers.
    documentation:
      request.includeDocumentation || config.source === ConfigSource.DYNAMIC_BROKER_LOGGER
        ? config.documentation
        : null,
  }
}
