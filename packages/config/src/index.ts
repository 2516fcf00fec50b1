export type {
  BooleanKey,
  BrokerConfigParts,
  DynamicTexts,
  ListKey,
  NumberKey,
  StringKey,
} from './broker-config.ts'
export { BrokerConfig } from './broker-config.ts'
export type { ConfigKey, ConfigType, ConfigValue, Synonym, UpdateMode, Validation } from './config-key.ts'
export type { ConfigNotice, ConfigProblem, ValueProblem } from './config-problem.ts'
export type { DescribedConfig, DescribedSynonym } from './describe.ts'
export {
  ConfigSource,
  describeBroker,
  describeBrokerDefaults,
  describeClientMetrics,
  describeGroup,
  describeTopic,
} from './describe.ts'
export { type DynamicBrokerScope, dynamicBrokerConfigProblem } from './dynamic-broker-rules.ts'
export type { ClientMetricsConfig, EffectiveConfig, GroupConfig, TopicConfig } from './effective-config.ts'
export { effectiveClientMetricsConfig, effectiveGroupConfig, effectiveTopicConfig } from './effective-config.ts'
export type { HttpAddress } from './http-listener.ts'
export { parseHttpAddress } from './http-listener.ts'
export type { BrokerValues, ClientMetricsValues, GroupValues, KeyTable, TopicValues } from './key-table.ts'
export {
  brokerKeys,
  clientMetricsKeys,
  defaultsOf,
  groupKeys,
  quotaIpKeys,
  quotaUserClientKeys,
  topicKeys,
} from './key-table.ts'
export type { Endpoint, Listener } from './listener.ts'
export type { LogSettings } from './log-settings.ts'
export { defaultLogSettings, logSettings } from './log-settings.ts'
export type { Overrides, ServerProperties } from './parse-server-properties.ts'
export { formatConfigProblem, parseServerProperties } from './parse-server-properties.ts'
export { formatValue, type Parsed } from './parse-value.ts'
export { formatProperties, type PropertyLine, parseProperties } from './properties-file.ts'
export {
  type ClientMetricsProblem,
  clientMetricsConfigProblem,
  groupConfigProblem,
  topicConfigProblem,
} from './resource-rules.ts'
