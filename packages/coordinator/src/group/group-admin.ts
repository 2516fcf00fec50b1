/** DescribeGroups, ListGroups and DeleteGroups. */
import {
  type DeleteGroupsRequest,
  type DeleteGroupsResponse,
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
  ErrorCode,
  errorOf,
  type Init,
  type ListGroupsRequest,
  type ListGroupsResponse,
} from '@ottla/protocol'
import type { GroupDescription } from './classic/describe.ts'
import { coordinatorErrorCode } from './coordinator-error.ts'
import type { GroupPartition } from './group-partition.ts'
import { describeGroup, listGroups } from './group-queries.ts'
import * as decide from './group-requests.ts'
import type { Route } from './membership.ts'
import type { RequestContext } from './request-context.ts'
import type { ShareGroups } from './share/share-groups.ts'

export interface GroupAdminOptions {
  readonly route: Route
  readonly shareGroups: ShareGroups
  /** The partitions in service. */
  readonly partitions: () => Iterable<GroupPartition>
  readonly isLoading: () => boolean
}

type DeletionResult = NonNullable<Init<typeof DeleteGroupsResponse>['results']>[number]

/** Since this version a group that is not there is an error and not Dead. */
const DESCRIBE_NOT_FOUND = 6

export class GroupAdmin {
  readonly #options: GroupAdminOptions

  constructor(options: GroupAdminOptions) {
    this.#options = options
  }

  describeGroups(request: DescribeGroupsRequest, { apiVersion }: RequestContext): Init<typeof DescribeGroupsResponse> {
    const knowsNotFound = apiVersion >= DESCRIBE_NOT_FOUND ? 'yes' : 'no'
    return { groups: request.groups.map((groupId) => this.#describe(groupId, knowsNotFound)) }
  }

  #describe(groupId: string, knowsNotFound: 'yes' | 'no'): GroupDescription {
    const found = this.#options.route(groupId)
    if ('errorCode' in found) return { errorCode: found.errorCode, groupId }
    return found.partition.query((shard, offset) => describeGroup(shard, offset, { groupId, knowsNotFound }))
  }

  /** The groups of this broker. While a partition loads its groups are not known, and so an error. */
  listGroups(request: ListGroupsRequest): Init<typeof ListGroupsResponse> {
    if (this.#options.isLoading()) return { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }
    const filter = { states: namesIn(request.statesFilter), types: namesIn(request.typesFilter) }
    const groups = [...this.#options.partitions()].flatMap((partition) =>
      partition.query((shard, offset) => listGroups(shard, offset, filter)),
    )
    return { errorCode: ErrorCode.NONE, groups }
  }

  async deleteGroups(request: DeleteGroupsRequest): Promise<Init<typeof DeleteGroupsResponse>> {
    const results: DeletionResult[] = []
    for (const groupId of new Set(request.groupsNames)) {
      const errorCode = await this.#options.shareGroups.deleteGroup(groupId, () => this.#delete(groupId))
      results.push({ groupId, errorCode, errorMessage: errorCode === ErrorCode.NONE ? null : messageOf(errorCode) })
    }
    return { results }
  }

  async #delete(groupId: string): Promise<number> {
    const found = this.#options.route(groupId)
    if ('errorCode' in found) return found.errorCode
    try {
      for (;;) {
        const step = await found.partition.submit<decide.Progress>((asked) => decide.deleteGroup(asked, groupId))
        if (step.isDone) return step.errorCode
      }
    } catch (error) {
      return coordinatorErrorCode(error, ErrorCode.UNKNOWN_SERVER_ERROR)
    }
  }
}

function namesIn(filter: readonly string[]): ReadonlySet<string> {
  return new Set(filter.map((name) => name.trim().toLowerCase()))
}

function messageOf(errorCode: number): string {
  return errorOf(errorCode).message
}
