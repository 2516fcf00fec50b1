/** Every tool by its name, loaded when it is run: what a command does not need costs it no start time. */
import type { Run } from './tool.ts'

export const TOOLS: Readonly<Record<string, () => Promise<{ readonly run: Run }>>> = {
  'kafka-topics': () => import('./topics/kafka-topics.ts'),
  'kafka-console-producer': () => import('./console-producer/kafka-console-producer.ts'),
  'kafka-console-consumer': () => import('./console-consumer/kafka-console-consumer.ts'),
  'kafka-console-share-consumer': () => import('./console-share-consumer/kafka-console-share-consumer.ts'),
  'kafka-configs': () => import('./configs/kafka-configs.ts'),
  'kafka-consumer-groups': () => import('./consumer-groups/kafka-consumer-groups.ts'),
  'kafka-share-groups': () => import('./share-groups/kafka-share-groups.ts'),
  'kafka-streams-groups': () => import('./streams-groups/kafka-streams-groups.ts'),
  'kafka-groups': () => import('./groups/kafka-groups.ts'),
  'kafka-get-offsets': () => import('./get-offsets/kafka-get-offsets.ts'),
  'kafka-broker-api-versions': () => import('./broker-api-versions/kafka-broker-api-versions.ts'),
  'kafka-delete-records': () => import('./delete-records/kafka-delete-records.ts'),
  'kafka-log-dirs': () => import('./log-dirs/kafka-log-dirs.ts'),
  'kafka-reassign-partitions': () => import('./reassign-partitions/kafka-reassign-partitions.ts'),
  'kafka-leader-election': () => import('./leader-election/kafka-leader-election.ts'),
  'kafka-client-metrics': () => import('./client-metrics/kafka-client-metrics.ts'),
  'kafka-dump-log': () => import('./dump-log/kafka-dump-log.ts'),
  'kafka-features': () => import('./features/kafka-features.ts'),
  'kafka-cluster': () => import('./cluster/kafka-cluster.ts'),
  'kafka-metadata-quorum': () => import('./metadata-quorum/kafka-metadata-quorum.ts'),
  'kafka-transactions': () => import('./transactions/kafka-transactions.ts'),
  'kafka-storage': () => import('./storage/kafka-storage.ts'),
  'kafka-server-stop': () => import('./server-stop/kafka-server-stop.ts'),
}
