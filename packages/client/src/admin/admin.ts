/** Looks after a cluster: topics, settings, groups, offsets. Each operation is a file beside this one. */
import type { PeerVersions } from '@ottla/net'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import { type FoundOffset, listOffsets, type OffsetQuery } from '../cluster/list-offsets.ts'
import { type CommittedOffset, fetchCommitted, type OffsetAndMetadata } from '../consumer/group-offsets.ts'
import { KafkaError } from '../errors.ts'
import type { BrokerNode } from '../metadata/cluster-metadata.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { AclsAdmin } from './acls.ts'
import {
  brokerVersions,
  type ClusterDescription,
  type DescribeClusterOptions,
  describeCluster,
  listReassignments,
  newClientInstanceId,
  type OngoingReassignment,
} from './cluster-description.ts'
import {
  type ConfigChange,
  type ConfigEntry,
  type ConfigResource,
  type ConfigResourceType,
  type DescribeConfigsOptions,
  describeConfigs,
  incrementalAlterConfigs,
  listConfigResources,
} from './configs.ts'
import { DelegationTokensAdmin } from './delegation-tokens.ts'
import { FeaturesAdmin } from './features.ts'
import { type MemberToRemove, type RemoveMembersOptions, removeMembers } from './group-members.ts'
import {
  alterGroupOffsets,
  type DescribeGroupsOptions,
  deleteGroupOffsets,
  deleteGroups,
  describeGroups,
  type GroupDescription,
  type GroupListing,
  type ListGroupsOptions,
  listGroups,
} from './groups.ts'
import { LogDirsAdmin } from './log-dirs.ts'
import { done, failed, type Outcome } from './outcome.ts'
import { QuorumAdmin } from './quorum.ts'
import { QuotasAdmin } from './quotas.ts'
import { deleteRecords, type RecordsToDelete } from './records.ts'
import { ReplicasAdmin } from './replicas.ts'
import { ScramCredentialsAdmin } from './scram-credentials.ts'
import { ShareGroupsAdmin } from './share-groups.ts'
import { StreamsGroupsAdmin } from './streams-groups.ts'
import {
  type CreatedTopic,
  createPartitions,
  createTopics,
  type DescribeTopicsOptions,
  deleteTopics,
  describeTopics,
  describeTopicsById,
  listTopics,
  type NewPartitions,
  type NewTopic,
  type TopicDescription,
  type TopicListing,
  type ValidateOnly,
} from './topics.ts'
import { TransactionsAdmin } from './transactions.ts'

/**
 * Calls about many items give an {@link Outcome} for each, by name (or partition key): one that fails leaves the others
 * alone. `unwrap(outcome)` gives the value or throws. What concerns the whole call (no broker, no time left) rejects.
 *
 *     const created = await kafka.admin().createTopics([{ name: 'orders', partitionCount: 6 }])
 *     unwrap(created.get('orders'))
 */
export class Admin {
  readonly #cluster: Cluster
  #clientInstanceId: string | null = null
  /** Transactions and their producers. */
  readonly transactions: TransactionsAdmin
  readonly shareGroups: ShareGroupsAdmin
  readonly streamsGroups: StreamsGroupsAdmin
  /** Leaders and replicas of partitions. */
  readonly replicas: ReplicasAdmin
  readonly logDirs: LogDirsAdmin
  readonly features: FeaturesAdmin
  /** The quorum that holds the metadata. */
  readonly quorum: QuorumAdmin
  readonly quotas: QuotasAdmin
  /** Who may do what. */
  readonly acls: AclsAdmin
  readonly scramCredentials: ScramCredentialsAdmin
  readonly delegationTokens: DelegationTokensAdmin

  /** Use `kafka.admin()`. @internal */
  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.transactions = new TransactionsAdmin(cluster)
    this.shareGroups = new ShareGroupsAdmin(cluster)
    this.streamsGroups = new StreamsGroupsAdmin(cluster)
    this.replicas = new ReplicasAdmin(cluster)
    this.logDirs = new LogDirsAdmin(cluster)
    this.features = new FeaturesAdmin(cluster)
    this.quorum = new QuorumAdmin(cluster)
    this.quotas = new QuotasAdmin(cluster)
    this.acls = new AclsAdmin(cluster)
    this.scramCredentials = new ScramCredentialsAdmin(cluster)
    this.delegationTokens = new DelegationTokensAdmin(cluster)
  }

  createTopics(
    topics: readonly NewTopic[],
    options: CallOptions & ValidateOnly = {},
  ): Promise<Map<string, Outcome<CreatedTopic>>> {
    return createTopics(this.#cluster, topics, this.#context(options))
  }

  deleteTopics(
    topics: { readonly names: readonly string[] } | { readonly ids: readonly string[] },
    options: CallOptions = {},
  ): Promise<Map<string, Outcome<void>>> {
    return deleteTopics(this.#cluster, topics, this.#context(options))
  }

  /** All topics that this client may see, internal ones too. */
  listTopics(options: CallOptions = {}): Promise<TopicListing[]> {
    return listTopics(this.#cluster, this.#context(options))
  }

  describeTopics(
    names: readonly string[],
    options: CallOptions & DescribeTopicsOptions = {},
  ): Promise<Map<string, Outcome<TopicDescription>>> {
    return describeTopics(this.#cluster, names, this.#context(options))
  }

  describeTopicsById(
    ids: readonly string[],
    options: CallOptions = {},
  ): Promise<Map<string, Outcome<TopicDescription>>> {
    return describeTopicsById(this.#cluster, ids, this.#context(options))
  }

  createPartitions(
    topics: readonly NewPartitions[],
    options: CallOptions & ValidateOnly = {},
  ): Promise<Map<string, Outcome<void>>> {
    return createPartitions(this.#cluster, topics, this.#context(options))
  }

  /** By `resourceKey` of the resource. */
  describeConfigs(
    resources: readonly ConfigResource[],
    options: CallOptions & DescribeConfigsOptions = {},
  ): Promise<Map<string, Outcome<ConfigEntry[]>>> {
    return describeConfigs(this.#cluster, resources, this.#context(options))
  }

  /** By `resourceKey` of the resource. */
  incrementalAlterConfigs(
    changes: readonly { readonly resource: ConfigResource; readonly changes: readonly ConfigChange[] }[],
    options: CallOptions & ValidateOnly = {},
  ): Promise<Map<string, Outcome<void>>> {
    return incrementalAlterConfigs(this.#cluster, changes, this.#context(options))
  }

  /** Resources that have settings: of the given types, or all. */
  listConfigResources(types: readonly ConfigResourceType[] = [], options: CallOptions = {}): Promise<ConfigResource[]> {
    return listConfigResources(this.#cluster, types, this.#context(options))
  }

  listGroups(options: CallOptions & ListGroupsOptions = {}): Promise<GroupListing[]> {
    return listGroups(this.#cluster, this.#context(options))
  }

  describeGroups(
    groups: readonly string[],
    options: CallOptions & DescribeGroupsOptions = {},
  ): Promise<Map<string, Outcome<GroupDescription>>> {
    return describeGroups(this.#cluster, groups, this.#context(options))
  }

  deleteGroups(groups: readonly string[], options: CallOptions = {}): Promise<Map<string, Outcome<void>>> {
    return deleteGroups(this.#cluster, groups, this.#context(options))
  }

  /** Takes members out of a group; all of them for `null`. Outcomes by instance id or member id. */
  removeGroupMembers(
    group: string,
    members: readonly MemberToRemove[] | null,
    options: CallOptions & RemoveMembersOptions = {},
  ): Promise<Map<string, Outcome<void>>> {
    return removeMembers(this.#cluster, { group, members }, this.#context(options))
  }

  /** Committed offsets of a group, of all partitions where none are named. */
  async listGroupOffsets(
    group: string,
    options: CallOptions & { readonly partitions?: readonly TopicPartition[] } = {},
  ): Promise<CommittedOffset[]> {
    const query = { group, partitions: options.partitions ?? null }
    return [...(await fetchCommitted(this.#cluster, query, this.#context(options))).values()]
  }

  /** Sets committed offsets; the group must have no members. */
  alterGroupOffsets(
    group: string,
    offsets: readonly (TopicPartition & OffsetAndMetadata)[],
    options: CallOptions = {},
  ): Promise<Map<string, Outcome<void>>> {
    return alterGroupOffsets(this.#cluster, { group, offsets }, this.#context(options))
  }

  deleteGroupOffsets(
    group: string,
    partitions: readonly TopicPartition[],
    options: CallOptions = {},
  ): Promise<Map<string, Outcome<void>>> {
    return deleteGroupOffsets(this.#cluster, { group, partitions }, this.#context(options))
  }

  /** Offsets by time or by `OffsetMark`. */
  async listOffsets(
    queries: readonly OffsetQuery[],
    options: CallOptions & { readonly isolationLevel?: 'read_uncommitted' | 'read_committed' } = {},
  ): Promise<Map<string, Outcome<FoundOffset>>> {
    const isReadCommitted = options.isolationLevel === 'read_committed'
    const found = await listOffsets(this.#cluster, queries, { ...this.#context(options), isReadCommitted })
    return new Map(
      [...found].map(([key, result]) => [key, result instanceof KafkaError ? failed(result) : done(result)]),
    )
  }

  /** The new first offsets. */
  deleteRecords(records: readonly RecordsToDelete[], options: CallOptions = {}): Promise<Map<string, Outcome<number>>> {
    return deleteRecords(this.#cluster, records, this.#context(options))
  }

  /**
   * The brokers with the addresses that they advertise. A bootstrap server that answers is enough: whether the others can be reached does not matter, so this tells
   * what is wrong when they cannot.
   */
  async listBrokers(options: CallOptions = {}): Promise<BrokerNode[]> {
    return [...(await this.#cluster.metadata.brokers(this.#context(options)))]
  }

  describeCluster(options: CallOptions & DescribeClusterOptions = {}): Promise<ClusterDescription> {
    return describeCluster(this.#cluster, this.#context(options))
  }

  /** The id under which brokers know this admin in their client metrics (KIP-714). */
  async clientInstanceId(options: CallOptions = {}): Promise<string> {
    this.#clientInstanceId ??= await newClientInstanceId(this.#cluster, this.#context(options))
    return this.#clientInstanceId
  }

  /** The API versions and finalized features of one broker. */
  brokerVersions(broker: BrokerNode, options: CallOptions = {}): Promise<PeerVersions> {
    return brokerVersions(this.#cluster, broker, this.#context(options))
  }

  listReassignments(options: CallOptions = {}): Promise<OngoingReassignment[]> {
    return listReassignments(this.#cluster, this.#context(options))
  }

  #context<T extends CallOptions>(options: T) {
    return { ...options, ...this.#cluster.context(options) }
  }
}
