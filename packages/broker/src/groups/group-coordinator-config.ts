/** The broker's settings as the group coordinator reads them. */
import type { BrokerConfig } from '@ottla/config'
import type { GroupCoordinatorConfig, MigrationPolicy } from '@ottla/coordinator'
import type { MetadataImage } from '@ottla/metadata'
import { GROUP_METADATA_TOPIC } from '../internal-topics.ts'

const MS_PER_MINUTE = 60_000

/** The settings in force, put together anew only when what they come from has changed: every request asks for them. */
export function coordinatorSettings(
  config: () => BrokerConfig,
  image: () => MetadataImage,
): () => GroupCoordinatorConfig {
  let [fromConfig, fromTopics, settings]: [BrokerConfig?, MetadataImage['topics']?, GroupCoordinatorConfig?] = []
  return () => {
    const [nowConfig, nowImage] = [config(), image()]
    if (settings === undefined || nowConfig !== fromConfig || nowImage.topics !== fromTopics) {
      settings = groupCoordinatorConfig(nowConfig, nowImage)
      fromConfig = nowConfig
      fromTopics = nowImage.topics
    }
    return settings
  }
}

/** The topic, once made, keeps its number of partitions, whatever the settings say later. */
function groupCoordinatorConfig({ values }: BrokerConfig, image: MetadataImage): GroupCoordinatorConfig {
  const topic = image.topics.byName(GROUP_METADATA_TOPIC)
  return {
    offsetsTopicPartitions: topic?.partitions.length ?? values['offsets.topic.num.partitions'],
    minSessionTimeoutMs: values['group.min.session.timeout.ms'],
    maxSessionTimeoutMs: values['group.max.session.timeout.ms'],
    initialRebalanceDelayMs: values['group.initial.rebalance.delay.ms'],
    maxGroupSize: values['group.max.size'],
    shareMaxSize: values['group.share.max.size'],
    shareInitializeRetryIntervalMs: values['group.share.initialize.retry.interval.ms'],
    maxStreamsGroupSize: values['group.streams.max.size'],
    consumerMaxGroupSize: values['group.consumer.max.size'],
    consumerAssignors: values['group.consumer.assignors'],
    consumerMigrationPolicy: values['group.consumer.migration.policy'].toLowerCase() as MigrationPolicy,
    consumerRegexRefreshIntervalMs: values['group.consumer.regex.refresh.interval.ms'],
    offsetMetadataMaxBytes: values['offset.metadata.max.bytes'],
    offsetsRetentionMs: values['offsets.retention.minutes'] * MS_PER_MINUTE,
    offsetsRetentionCheckIntervalMs: values['offsets.retention.check.interval.ms'],
    offsetsCommitTimeoutMs: values['offsets.commit.timeout.ms'],
  }
}
