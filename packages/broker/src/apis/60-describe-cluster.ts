/**
 * DescribeCluster (key 60), versions 0 to 2.
 *
 * Cluster id, controller and brokers. v1: the client says whether it means brokers (1) or controllers (2); a broker's listener answers for
 * brokers alone. v2: fenced brokers on demand.
 */
import { DescribeClusterRequest, DescribeClusterResponse, ErrorCode } from '@ottla/protocol'
import { CLUSTER_OPERATIONS } from '../authorized-operations.ts'
import type { RequestContext } from '../request-context.ts'
import { liveBrokers } from './03-metadata.ts'
import { defineApi } from './handler.ts'

const BROKERS = 1
const CONTROLLERS = 2

export const describeCluster = defineApi({
  key: 60,
  request: DescribeClusterRequest,
  response: DescribeClusterResponse,
  handle(context, request) {
    if (request.endpointType !== BROKERS) {
      const isKnown = request.endpointType === CONTROLLERS
      return {
        errorCode: isKnown ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
        errorMessage: isKnown
          ? 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER'
          : `Unsupported endpoint type ${request.endpointType}`,
      }
    }
    const brokers = liveBrokers(context).map(({ nodeId, host, port, rack }) => ({
      brokerId: nodeId,
      host,
      port,
      rack,
      isFenced: false,
    }))
    return {
      clusterId: context.broker.clusterId,
      endpointType: BROKERS,
      controllerId: brokers[0]?.brokerId ?? -1,
      brokers: request.includeFencedBrokers ? [...brokers, ...fencedBrokers(context)] : brokers,
      ...(request.includeClusterAuthorizedOperations ? { clusterAuthorizedOperations: CLUSTER_OPERATIONS } : {}),
    }
  },
})

function fencedBrokers(context: RequestContext) {
  return [...context.broker.image.brokers.values()]
    .filter(({ fenced }) => fenced)
    .map(({ id, rack, endpoints }) => {
      const endpoint = endpoints.find(({ name }) => name === context.session.listenerName)
      return { brokerId: id, host: endpoint?.host ?? '', port: endpoint?.port ?? -1, rack, isFenced: true }
    })
}
