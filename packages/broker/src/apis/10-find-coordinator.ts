/**
 * FindCoordinator (key 10), versions 0 to 6.
 *
 * The broker that leads the partition of `__consumer_offsets` to which the group belongs; the topic is made when it is missing.
 * Version 4 asks for many keys at once. Transactions (key type 1) and share groups (2) have no coordinator yet: UNSUPPORTED_VERSION.
 */
import { ErrorCode, FindCoordinatorRequest, FindCoordinatorResponse, partitionForGroup } from '@ottla/protocol'
import { endpointFor } from '../endpoints.ts'
import { GROUP_METADATA_TOPIC } from '../internal-topics.ts'
import type { RequestContext } from '../request-context.ts'
import { defineApi } from './handler.ts'

const GROUP = 0
const TRANSACTION = 1
const SHARE = 2
const FIRST_VERSION_WITH_MANY_KEYS = 4

interface Coordinator {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

export const findCoordinator = defineApi({
  key: 10,
  request: FindCoordinatorRequest,
  response: FindCoordinatorResponse,
  async handle(context, { key, keyType, coordinatorKeys }) {
    if (context.apiVersion < FIRST_VERSION_WITH_MANY_KEYS) {
      return answer(await coordinatorOf(context, keyType, key), context.apiVersion === 0 ? '' : 'NONE')
    }
    const found = coordinatorKeys.map(async (one) => ({
      key: one,
      ...answer(await coordinatorOf(context, keyType, one), ''),
    }))
    return { coordinators: await Promise.all(found) }
  },
})

async function coordinatorOf(context: RequestContext, keyType: number, key: string): Promise<Coordinator> {
  if (keyType === TRANSACTION || keyType === SHARE) {
    return none(ErrorCode.UNSUPPORTED_VERSION, 'This broker coordinates classic groups only.')
  }
  if (keyType !== GROUP) return none(ErrorCode.INVALID_REQUEST, `Unknown key type ${keyType}.`)
  const { broker } = context
  if (broker.image.topics.byName(GROUP_METADATA_TOPIC) === undefined) {
    await broker.topicCreation.create(GROUP_METADATA_TOPIC)
  }
  const topic = broker.image.topics.byName(GROUP_METADATA_TOPIC)
  if (topic === undefined) return none(ErrorCode.COORDINATOR_NOT_AVAILABLE, null)
  const leader = topic.partitions[partitionForGroup(key, topic.partitions.length)]?.leader ?? -1
  const endpoint = endpointFor(context, leader)
  if (endpoint === undefined) return none(ErrorCode.COORDINATOR_NOT_AVAILABLE, null)
  return { nodeId: leader, ...endpoint, errorCode: ErrorCode.NONE, errorMessage: null }
}

function none(errorCode: number, errorMessage: string | null): Coordinator {
  return { nodeId: -1, host: '', port: -1, errorCode, errorMessage }
}

/** Where all is well, Apache Kafka's message is `NONE` in versions 1 to 3, and empty in later ones. Version 0 has no message. */
function answer(coordinator: Coordinator, noMessage: string): Coordinator {
  return coordinator.errorCode === ErrorCode.NONE ? { ...coordinator, errorMessage: noMessage } : coordinator
}
