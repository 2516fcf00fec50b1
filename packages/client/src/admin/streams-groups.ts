/** Streams groups (KIP-1071). */
import type { StreamsGroupDescribeResponse, Value } from '@ottla/protocol'
import { STREAMS_GROUP_DESCRIBE } from '../apis.ts'
import type { CallContext, CallOptions, Cluster } from '../cluster/cluster.ts'
import { throwBrokerError } from '../errors.ts'
import type { BrokerNode } from '../metadata/cluster-metadata.ts'
import { eachOf } from './each-of.ts'
import type { Outcome } from './outcome.ts'

type Described = Value<typeof StreamsGroupDescribeResponse>['groups'][number]

/** As the broker tells it, with who told it. */
export type StreamsGroupDescription = Pick<
  Described,
  'groupId' | 'groupState' | 'groupEpoch' | 'assignmentEpoch' | 'topology' | 'members'
> & { readonly coordinator: BrokerNode }

export class StreamsGroupsAdmin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  describe(
    groups: readonly string[],
    options: CallOptions = {},
  ): Promise<Map<string, Outcome<StreamsGroupDescription>>> {
    const context = this.#cluster.context(options)
    return eachOf(groups, (group) => this.#describe(group, context))
  }

  async #describe(group: string, context: CallContext): Promise<StreamsGroupDescription> {
    const { groups } = await this.#cluster.call(
      {
        target: { kind: 'coordinator', group },
        api: STREAMS_GROUP_DESCRIBE,
        init: { groupIds: [group] },
        what: `describe streams group ${group}`,
        check: ({ groups: [found] }) => throwBrokerError(found!.errorCode, found!.errorMessage, { group }),
      },
      context,
    )
    const { groupId, groupState, groupEpoch, assignmentEpoch, topology, members } = groups[0]!
    const coordinator = await this.#cluster.coordinators.find(group, context)
    return { groupId, groupState, groupEpoch, assignmentEpoch, topology, members, coordinator }
  }
}
