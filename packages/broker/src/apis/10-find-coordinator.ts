/**
 * FindCoordinator (key 10), versions 0 to 6.
 *
 * The broker that leads the partition to which the key belongs, of the topic of its kind of coordinator: groups (key type 0), transactions
 * (1, since version 1), partitions of share groups (2, since version 6). The topic is made when it is missing. Version 4 asks for many keys at
 * once.
 */
import { ErrorCode, FindCoordinatorRequest, FindCoordinatorResponse } from '@ottla/protocol'
import { coordinatorKindOf } from '../coordinators/coordinator-kind.ts'
import { endpointFor } from '../endpoints.ts'
import type { RequestContext } from '../request-context.ts'
import { defineApi } from './handler.ts'

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
  const { broker, apiVersion } = context
  const kind = coordinatorKindOf(keyType)
  if (kind === undefined) return none(ErrorCode.INVALID_REQUEST, `Unknown key type ${keyType}.`)
  if (apiVersion < kind.sinceVersion || !broker.coordinators.serves(kind.topic)) {
    return none(ErrorCode.INVALID_REQUEST, `No coordinator for key type ${keyType} in version ${apiVersion}.`)
  }
  const problem = kind.problemOf(key)
  if (problem !== null) return none(ErrorCode.INVALID_REQUEST, problem)
  if (broker.image.topics.byName(kind.topic) === undefined) await broker.topicCreation.create(kind.topic)
  const topic = broker.image.topics.byName(kind.topic)
  if (topic === undefined) return none(ErrorCode.COORDINATOR_NOT_AVAILABLE, null)
  const leader = topic.partitions[kind.partitionFor(key, topic.partitions.length)]?.leader ?? -1
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
