export type { TlsOptions } from '@ottla/env'
export type { ConnectionErrorCode, OauthToken, SaslExchange, SaslMechanism, SaslWorld } from '@ottla/net'
export { ConnectionError } from '@ottla/net'
export type {
  AclBinding,
  AclFilter,
  AclOperation,
  AclPatternType,
  AclPermission,
  AclResourceType,
} from './admin/acl-binding.ts'
export { aclKey, CLUSTER_RESOURCE } from './admin/acl-binding.ts'
export type { AclsAdmin } from './admin/acls.ts'
export { Admin } from './admin/admin.ts'
export type {
  BrokerDescription,
  ClusterDescription,
  DescribeClusterOptions,
  OngoingReassignment,
} from './admin/cluster-description.ts'
export type {
  ConfigChange,
  ConfigEntry,
  ConfigResource,
  ConfigSynonym,
  DescribeConfigsOptions,
} from './admin/configs.ts'
export { CONFIG_SOURCES, ConfigResourceType, resourceKey } from './admin/configs.ts'
export type { CreateTokenOptions, DelegationToken, DelegationTokensAdmin } from './admin/delegation-tokens.ts'
export type { FeatureDescription, FeaturesAdmin, FeaturesDescription, FeatureUpdate } from './admin/features.ts'
export type { MemberToRemove, RemoveMembersOptions } from './admin/group-members.ts'
export type {
  DescribeGroupsOptions,
  GroupDescription,
  GroupListing,
  ListGroupsOptions,
  MemberDescription,
} from './admin/groups.ts'
export type { LogDirDescription, LogDirReplica, LogDirsAdmin, ReplicaMove } from './admin/log-dirs.ts'
export type { Outcome } from './admin/outcome.ts'
export { unwrap } from './admin/outcome.ts'
export type { QuorumAdmin, QuorumDescription, QuorumListener, QuorumReplica, Voter } from './admin/quorum.ts'
export type { QuotaChange, QuotaEntity, QuotaEntry, QuotaFilter, QuotasAdmin } from './admin/quotas.ts'
export { quotaEntityKey } from './admin/quotas.ts'
export type { RecordsToDelete } from './admin/records.ts'
export type { ReplicaPosition, ReplicaRead, ReplicaRecords } from './admin/replica-records.ts'
export type { Reassignment, ReplicasAdmin } from './admin/replicas.ts'
export type { ScramChange, ScramCredential, ScramCredentialsAdmin } from './admin/scram-credentials.ts'
export type {
  ShareGroupDescription,
  ShareGroupsAdmin,
  ShareMemberDescription,
  SharePartitionOffset,
} from './admin/share-groups.ts'
export type { StreamsGroupDescription, StreamsGroupsAdmin } from './admin/streams-groups.ts'
export type {
  CreatedTopic,
  DescribeTopicsOptions,
  NewPartitions,
  NewTopic,
  PartitionDescription,
  TopicDescription,
  TopicListing,
  ValidateOnly,
} from './admin/topics.ts'
export type {
  HangingTransaction,
  ListTransactionsOptions,
  ProducerState,
  TransactionDescription,
  TransactionListing,
  TransactionsAdmin,
} from './admin/transactions.ts'
export type { CallOptions } from './cluster/cluster.ts'
export type { FoundOffset, OffsetQuery } from './cluster/list-offsets.ts'
export { OffsetMark } from './cluster/list-offsets.ts'
export type { Codec } from './codec/codec.ts'
export { bytesCodec, float64Codec, int32Codec, int64Codec, jsonCodec, stringCodec } from './codec/codecs.ts'
export type { BrokerAddress } from './connection/bootstrap-servers.ts'
export { formatAddress, parseBootstrapServers } from './connection/bootstrap-servers.ts'
export type {
  AssignableTopic,
  Assignment,
  Assignor,
  GroupMember,
  LastAssignment,
} from './consumer/assignors/assignor.ts'
export { cooperativeStickyAssignor } from './consumer/assignors/cooperative-sticky-assignor.ts'
export { rangeAssignor } from './consumer/assignors/range-assignor.ts'
export { roundRobinAssignor } from './consumer/assignors/round-robin-assignor.ts'
export { stickyAssignor } from './consumer/assignors/sticky-assignor.ts'
export type { AssignedPartition, TimeQuery } from './consumer/consumer.ts'
export { Consumer } from './consumer/consumer.ts'
export type { PollOptions } from './consumer/consumer-engine.ts'
export type { ConsumerEvents, Stall, StallKind } from './consumer/consumer-events.ts'
export type { ConsumerHealth, ConsumerState, PartitionLag } from './consumer/consumer-health.ts'
export type { ConsumerOptions, RebalanceListener } from './consumer/consumer-options.ts'
export type { ConsumerRecord, TimestampType } from './consumer/consumer-record.ts'
export type { CommittedOffset, OffsetAndMetadata } from './consumer/group-offsets.ts'
export type { PartitionOffset } from './consumer/offset-lookup.ts'
export type { OffsetReset } from './consumer/offset-reset.ts'
export type { ConsumerRunOptions, FailedOutcome, RecordHandler, RunContext } from './consumer/runner/run-options.ts'
export type { Re2Pattern, SubscriptionInit } from './consumer/subscription.ts'
export { MESSAGE_ID, messageIdOf } from './dedupe/message-id.ts'
export type { DedupeContext, DedupeHandler, Once, PostgresDedupeOptions } from './dedupe/postgres-dedupe.ts'
export { PostgresDedupe } from './dedupe/postgres-dedupe.ts'
export type { RedisClient, WeakRedisDedupeOptions } from './dedupe/weak-redis-dedupe.ts'
export { WeakRedisDedupe } from './dedupe/weak-redis-dedupe.ts'
export type { ErrorContext } from './errors.ts'
export {
  ArgumentError,
  AuthenticationError,
  BrokerError,
  ClosedError,
  CodecError,
  CorruptRecordError,
  isBrokerError,
  isRetriable,
  KafkaError,
  NoOffsetError,
  RecordTooLargeError,
  TimeoutError,
} from './errors.ts'
export { Kafka } from './kafka.ts'
export type { KafkaOptions } from './kafka-options.ts'
export type { BrokerNode } from './metadata/cluster-metadata.ts'
export type { OutboxOptions, OutboxRelayOptions } from './outbox/outbox-options.ts'
export { outboxSchema } from './outbox/outbox-options.ts'
export { OutboxRelay } from './outbox/outbox-relay.ts'
export type { OutboxRecord, OutboxWriterOptions } from './outbox/outbox-writer.ts'
export { OutboxWriter } from './outbox/outbox-writer.ts'
export type { PostgresClient, PostgresPool, PostgresQueryable } from './postgres/postgres-types.ts'
export type { Partitioner, PartitionerInput } from './producer/partitioner.ts'
export type { SendOptions } from './producer/producer.ts'
export { Producer } from './producer/producer.ts'
export type { ProducerOptions } from './producer/producer-options.ts'
export type { HeadersInit, ProducerRecord, RecordMetadata, RecordParts } from './producer/producer-record.ts'
export type {
  ConsumerGroupMetadata,
  OffsetsOfConsumer,
  OffsetToCommit,
  Transaction,
} from './producer/transaction/transaction.ts'
export type { TransactionalProducerOptions, TransactionOptions } from './producer/transaction/transactional-producer.ts'
export { TransactionalProducer } from './producer/transaction/transactional-producer.ts'
export type { ProducerIdentity } from './producer/write-identity.ts'
export { ReplyError } from './request-reply/reply-error.ts'
export { ReplyServer } from './request-reply/reply-server.ts'
export type {
  Reply,
  RequesterOptions,
  RequestHandler,
  RequestMessage,
  RequestOptions,
  ServeContext,
  ServeOptions,
} from './request-reply/request-options.ts'
export { Requester } from './request-reply/requester.ts'
export { DeadLetterError } from './retry/dead-letter-error.ts'
export type { RedriveOptions, RedriveResult } from './retry/redrive.ts'
export type { DeadLetterOptions, RetryOptions, RetryTopicsOptions } from './retry/retry-options.ts'
export type { OauthClientCredentials } from './security/oauth-client-credentials.ts'
export type {
  CustomSaslOptions,
  DelegationTokenOptions,
  OauthClientCredentialsOptions,
  OauthOptions,
  PlainOptions,
  SaslOptions,
  ScramOptions,
} from './security/sasl-options.ts'
export type { RunOptions, ShareConsumerEvents, TaskContext, TaskHandler } from './share/share-consumer.ts'
export { ShareConsumer } from './share/share-consumer.ts'
export type { ShareConsumerOptions } from './share/share-options.ts'
export type { ReleaseOptions, SettleOptions, Task } from './share/task.ts'
export type {
  CommitDiagnostic,
  ErrorDiagnostic,
  FetchDiagnostic,
  ProcessDiagnostic,
  RebalanceDiagnostic,
  RequestDiagnostic,
  SendDiagnostic,
} from './telemetry/channels.ts'
export type { OpenTelemetryApi, OpenTelemetryOptions } from './telemetry/open-telemetry.ts'
export { openTelemetry } from './telemetry/open-telemetry.ts'
export type { Reader, SendTrace, SentRecord, Tracing } from './telemetry/tracing.ts'
export type { BackoffOptions } from './time/backoff.ts'
export type { Topic } from './topic.ts'
export { topic } from './topic.ts'
export type { TopicPartition } from './topic-partition.ts'
export { byTopic, partitionKey } from './topic-partition.ts'
