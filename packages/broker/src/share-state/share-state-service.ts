/** The share coordinator of a broker, tied to the replicas of `__share_group_state`. */
import type { BrokerConfig } from '@ottla/config'
import { type ShareStateConfig, ShareStateCoordinator, type TopicLookup } from '@ottla/coordinator'
import type { Env } from '@ottla/env'
import type { MetadataImage } from '@ottla/metadata'
import { CoordinatorService } from '../coordinators/coordinator-service.ts'
import { SHARE_GROUP_STATE_TOPIC } from '../internal-topics.ts'

export type ShareStateService = CoordinatorService<ShareStateCoordinator>

export interface ShareStateServiceOptions {
  readonly env: Env
  readonly config: () => BrokerConfig
  readonly image: () => MetadataImage
  readonly topics: () => TopicLookup
}

export function shareStateService({ env, config, image, topics }: ShareStateServiceOptions): ShareStateService {
  const { clock, timers } = env
  const logger = env.logger.child('coordinator.share')
  const coordinator = new ShareStateCoordinator({
    env: { clock, timers, log: logger },
    config: () => shareStateConfig(config(), image()),
    topics,
  })
  return new CoordinatorService({ topic: SHARE_GROUP_STATE_TOPIC, coordinator, logger })
}

/** The topic, once made, keeps its number of partitions, whatever the settings say later. */
function shareStateConfig({ values }: BrokerConfig, image: MetadataImage): ShareStateConfig {
  const topic = image.topics.byName(SHARE_GROUP_STATE_TOPIC)
  return {
    stateTopicPartitions: topic?.partitions.length ?? values['share.coordinator.state.topic.num.partitions'],
    updateRecordsPerSnapshot: values['share.coordinator.snapshot.update.records.per.snapshot'],
    writeTimeoutMs: values['share.coordinator.write.timeout.ms'],
    coldPartitionSnapshotIntervalMs: values['share.coordinator.cold.partition.snapshot.interval.ms'],
    pruneIntervalMs: values['share.coordinator.state.topic.prune.interval.ms'],
  }
}
