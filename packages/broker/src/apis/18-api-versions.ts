/**
 * ApiVersions (key 18), versions 0 to 5.
 *
 * Says which APIs and versions are served: those of the API table, no more. A request of an unknown version gets a
 * version 0 answer with UNSUPPORTED_VERSION and the list (KIP-511); the dispatcher sees to that by `unsupportedVersion`.
 * v3: the client names its software; supported and finalized features are listed. v4: also features that can be off: clients that know
 * version 3 alone take a lowest level of 0 for an error and end the connection. v5: the client names the node that it means to
 * talk to; another one answers REBOOTSTRAP_REQUIRED (KIP-1242).
 */
import { ApiVersionsRequest, ApiVersionsResponse, ErrorCode, type Init } from '@ottla/protocol'
import type { RequestContext } from '../request-context.ts'
import { defineApi } from './handler.ts'

/** KIP-511: what a client may call itself. */
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

export const apiVersions = defineApi({
  key: 18,
  request: ApiVersionsRequest,
  response: ApiVersionsResponse,
  handle(context, request) {
    if (context.apiVersion >= 3) {
      const { clientSoftwareName, clientSoftwareVersion } = request
      if (!SOFTWARE_NAME.test(clientSoftwareName) || !SOFTWARE_NAME.test(clientSoftwareVersion)) {
        return { errorCode: ErrorCode.INVALID_REQUEST }
      }
      context.session.clientSoftwareName = clientSoftwareName
      context.session.clientSoftwareVersion = clientSoftwareVersion
    }
    if (isMeantForAnother(context, request)) return { errorCode: ErrorCode.REBOOTSTRAP_REQUIRED }
    return supported(context)
  },
})

/** The answer to a version that is not served, in the form of version 0. */
export function unsupportedVersion(): Init<typeof ApiVersionsResponse> {
  const own = ApiVersionsResponse.versions
  return {
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: 18, minVersion: own.min, maxVersion: own.max }],
  }
}

function supported({ broker, apiVersion }: RequestContext): Init<typeof ApiVersionsResponse> {
  const { finalized } = broker.image.features
  return {
    apiKeys: broker.advertisedApis,
    supportedFeatures: broker.supportedFeatures.filter(({ minVersion }) => apiVersion >= 4 || minVersion > 0),
    finalizedFeaturesEpoch: broker.image.offset,
    finalizedFeatures: [...finalized].map(([name, level]) => ({
      name,
      maxVersionLevel: level,
      minVersionLevel: level,
    })),
  }
}

function isMeantForAnother(context: RequestContext, request: { clusterId: string | null; nodeId: number }): boolean {
  if (context.apiVersion < 5) return false
  const { clusterId, nodeId } = context.broker
  if (request.clusterId !== null && request.clusterId !== clusterId) return true
  return request.nodeId >= 0 && request.nodeId !== nodeId
}
