/** `ottla cluster …`. */
import type { CommandSpec } from '../command.ts'

export const CLUSTER_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'cluster info',
    summary: 'Shows the cluster at a glance: brokers, topics, groups, health',
    json: '{clusterId, controller, servers, brokers, topics, partitions, offlinePartitions, underReplicatedPartitions, groups}; groups is null when they may not be listed.',
    load: () => import('../cluster/info.ts'),
  },
  {
    name: 'cluster brokers',
    summary: 'Lists the brokers with what they lead and hold',
    json: 'An array of {id, host, port, rack, isController, isFenced, leaders, replicas, sizeBytes, usableBytes}; sizes are null when the broker does not tell.',
    load: () => import('../cluster/brokers.ts'),
  },
  {
    name: 'cluster features',
    summary: 'Lists the features that the cluster has agreed on',
    json: 'An array of {feature, finalized, supportedMin, supportedMax}; 0 stands for a feature that is not finalized.',
    load: () => import('../cluster/features.ts'),
  },
]
