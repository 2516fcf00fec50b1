/** Groups: listing, describing, deleting, and the offsets that they have committed. */
import { ErrorCode, type OffsetDeleteResponse, type Value } from '@ottla/protocol'
import { CONSUMER_GROUP_DESCRIBE, DELETE_GROUPS, DESCRIBE_GROUPS, LIST_GROUPS, OFFSET_DELETE } from '../apis.ts'
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { NO_MEMBER, type OffsetAndMetadata, tryCommit } from '../consumer/group-offsets.ts'
import { decodeAssignment } from '../consumer/membership/consumer-protocol.ts'
import { BrokerError, isBrokerError, throwBrokerError } from '../errors.ts'
import type { BrokerNode } from '../metadata/cluster-metadata.ts'
import { byTopic, partitionKey, type TopicPartition } from '../topic-partition.ts'
import { type AclOperation, operationsOf } from './acl-binding.ts'
import { attempt, eachOf } from './each-of.ts'
import { type Outcome, outcomeOf } from './outcome.ts'

export interface GroupListing {
  readonly group: string
  /** `consumer` for groups of consumers; other programs have their own. */
  readonly protocolType: string
  /** In Kafka's words: Stable, Empty, …; empty when the broker is too old to tell. */
  readonly state: string
  /** classic, consumer, share, streams; empty when the broker is too old to tell. */
  readonly type: string
}

export interface ListGroupsOptions {
  readonly states?: readonly string[] | undefined
  readonly types?: readonly string[] | undefined
}

export interface MemberDescription {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly host: string
  readonly assignment: readonly TopicPartition[]
  /** Only of groups of the new protocol. */
  readonly epoch: number | null
  readonly targetAssignment: readonly TopicPartition[] | null
}

export interface GroupDescription {
  readonly group: string
  readonly type: 'classic' | 'consumer'
  readonly state: string
  readonly protocolType: string
  /** Name of the assignor. */
  readonly assignor: string
  readonly coordinator: BrokerNode
  readonly members: readonly MemberDescription[]
  readonly groupEpoch: number | null
  readonly targetAssignmentEpoch: number | null
  /** What the caller may do with the group; null when that was not asked for, or the broker does not say. */
  readonly authorizedOperations: readonly AclOperation[] | null
}

export interface DescribeGroupsOptions {
  readonly includeAuthorizedOperations?: boolean | undefined
}

const STATES_SINCE = 4
const TYPES_SINCE = 5
/** From this version on DescribeGroups answers GROUP_ID_NOT_FOUND; before, the state is Dead. */
const DEAD = 'Dead'
const OPERATIONS_SINCE = 3

type GroupContext = CallContext & DescribeGroupsOptions

export async function listGroups(cluster: Cluster, context: CallContext & ListGroupsOptions): Promise<GroupListing[]> {
  const brokers = await cluster.metadata.brokers(context)
  const answers = await Promise.all(
    brokers.map(({ id }) =>
      cluster.call(
        {
          target: { kind: 'broker', id },
          api: LIST_GROUPS,
          init: (version) => ({
            statesFilter: version >= STATES_SINCE ? (context.states ?? []) : [],
            typesFilter: version >= TYPES_SINCE ? (context.types ?? []) : [],
          }),
          what: 'list groups',
          check: ({ errorCode }) => throwBrokerError(errorCode),
        },
        context,
      ),
    ),
  )
  return answers.flatMap(({ groups }) =>
    groups.map(({ groupId, protocolType, groupState, groupType }) => ({
      group: groupId,
      protocolType,
      state: groupState,
      type: groupType,
    })),
  )
}

/** Descriptions by group. Groups of the new protocol are asked for first, where brokers know it. */
export function describeGroups(
  cluster: Cluster,
  groups: readonly string[],
  context: GroupContext,
): Promise<Map<string, Outcome<GroupDescription>>> {
  return eachOf(groups, (group) => describeGroup(cluster, group, context))
}

export async function deleteGroups(
  cluster: Cluster,
  groups: readonly string[],
  context: CallContext,
): Promise<Map<string, Outcome<void>>> {
  const results = groups.map(async (group) => {
    const answer = await attempt(() =>
      cluster.call(
        {
          target: { kind: 'coordinator', group },
          api: DELETE_GROUPS,
          init: { groupsNames: [group] },
          what: `delete group ${group}`,
          check: ({ results: [result] }) => throwIfCoordinatorMoved(result?.errorCode ?? 0, group),
        },
        context,
      ),
    )
    if (answer.kind === 'failed') return [group, answer] as const
    const [result] = answer.value.results
    return [
      group,
      outcomeOf(result ?? { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR }, { group }, () => undefined),
    ] as const
  })
  return new Map(await Promise.all(results))
}

/** Sets committed offsets of a group without members. Outcomes by partition key. */
export async function alterGroupOffsets(
  cluster: Cluster,
  change: { readonly group: string; readonly offsets: readonly (TopicPartition & OffsetAndMetadata)[] },
  context: CallContext,
): Promise<Map<string, Outcome<void>>> {
  const { group, offsets } = change
  const refused = await tryCommit(cluster, { group, identity: NO_MEMBER, offsets }, context)
  const errors = new Map([...refused].map(([{ topic, partition }, code]) => [partitionKey(topic, partition), code]))
  return new Map(
    offsets.map(({ topic, partition }) => {
      const key = partitionKey(topic, partition)
      return [key, outcomeOf({ errorCode: errors.get(key) ?? 0 }, { group, topic, partition }, () => undefined)]
    }),
  )
}

/** Forgets committed offsets. Outcomes by partition key. Rejects when the group itself is the matter. */
export async function deleteGroupOffsets(
  cluster: Cluster,
  from: { readonly group: string; readonly partitions: readonly TopicPartition[] },
  context: CallContext,
): Promise<Map<string, Outcome<void>>> {
  const { group, partitions } = from
  const answer: Value<typeof OffsetDeleteResponse> = await cluster.call(
    {
      target: { kind: 'coordinator', group },
      api: OFFSET_DELETE,
      init: {
        groupId: group,
        topics: [...byTopic(partitions)].map(([name, ofTopic]) => ({
          name,
          partitions: ofTopic.map(({ partition }) => ({ partitionIndex: partition })),
        })),
      },
      what: `delete offsets of group ${group}`,
      check: ({ errorCode }) => throwBrokerError(errorCode, null, { group }),
    },
    context,
  )
  const outcomes = new Map<string, Outcome<void>>()
  for (const { name: topic, partitions: ofTopic } of answer.topics) {
    for (const { partitionIndex: partition, errorCode } of ofTopic) {
      outcomes.set(
        partitionKey(topic, partition),
        outcomeOf({ errorCode }, { group, topic, partition }, () => undefined),
      )
    }
  }
  return outcomes
}

async function describeGroup(cluster: Cluster, group: string, context: GroupContext): Promise<GroupDescription> {
  const coordinator = await cluster.coordinators.find(group, context)
  const connection = await cluster.pool.connection(coordinator, context.signal)
  if (connection.peer.apis.has(CONSUMER_GROUP_DESCRIBE.request.key)) {
    try {
      return await describeConsumerGroup(cluster, group, context)
    } catch (error) {
      // Classic groups, and those that are not there, are the other API's.
      const isOther =
        isBrokerError(error, ErrorCode.GROUP_ID_NOT_FOUND) || isBrokerError(error, ErrorCode.UNSUPPORTED_VERSION)
      if (!isOther) throw error
    }
  }
  return await describeClassicGroup(cluster, group, context)
}

async function describeConsumerGroup(
  cluster: Cluster,
  group: string,
  context: GroupContext,
): Promise<GroupDescription> {
  const answer = await cluster.call(
    {
      target: { kind: 'coordinator', group },
      api: CONSUMER_GROUP_DESCRIBE,
      init: { groupIds: [group], includeAuthorizedOperations: context.includeAuthorizedOperations ?? false },
      what: `describe group ${group}`,
      check: ({ groups: [found] }) => throwBrokerError(found!.errorCode, found!.errorMessage, { group }),
    },
    context,
  )
  const found = answer.groups[0]!
  return {
    group,
    type: 'consumer',
    state: found.groupState,
    protocolType: 'consumer',
    assignor: found.assignorName,
    coordinator: await cluster.coordinators.find(group, context),
    groupEpoch: found.groupEpoch,
    targetAssignmentEpoch: found.assignmentEpoch,
    authorizedOperations: operationsOf(found.authorizedOperations),
    members: found.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      host: member.clientHost,
      assignment: flat(member.assignment.topicPartitions),
      epoch: member.memberEpoch,
      targetAssignment: flat(member.targetAssignment.topicPartitions),
    })),
  }
}

async function describeClassicGroup(cluster: Cluster, group: string, context: GroupContext): Promise<GroupDescription> {
  const answer = await cluster.call(
    {
      target: { kind: 'coordinator', group },
      api: DESCRIBE_GROUPS,
      init: (version) => ({
        groups: [group],
        ...(version >= OPERATIONS_SINCE
          ? { includeAuthorizedOperations: context.includeAuthorizedOperations ?? false }
          : {}),
      }),
      what: `describe group ${group}`,
      check: ({ groups: [found] }) => throwBrokerError(found!.errorCode, found!.errorMessage, { group }),
    },
    context,
  )
  const found = answer.groups[0]!
  if (found.groupState === DEAD)
    throw new BrokerError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${group} not found.`, { group })
  return {
    group,
    type: 'classic',
    state: found.groupState,
    protocolType: found.protocolType,
    assignor: found.protocolData,
    coordinator: await cluster.coordinators.find(group, context),
    groupEpoch: null,
    targetAssignmentEpoch: null,
    authorizedOperations: operationsOf(found.authorizedOperations),
    members: found.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.groupInstanceId,
      clientId: member.clientId,
      host: member.clientHost,
      assignment: found.protocolType === 'consumer' ? decodeAssignment(member.memberAssignment) : [],
      epoch: null,
      targetAssignment: null,
    })),
  }
}

/** Errors of the item that say that another broker should have been asked. */
function throwIfCoordinatorMoved(errorCode: number, group: string): void {
  const isMoved =
    errorCode === ErrorCode.NOT_COORDINATOR ||
    errorCode === ErrorCode.COORDINATOR_NOT_AVAILABLE ||
    errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
  if (isMoved) throw new BrokerError(errorCode, null, { group })
}

function flat(topics: readonly { topicName: string; partitions: readonly number[] }[]): TopicPartition[] {
  return topics.flatMap(({ topicName: topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
}
