/**
 * ListConfigResources (key 74), versions 0 and 1.
 *
 * Which resources have settings that can be asked for (KIP-1142). v0 lists subscriptions of client metrics alone; v1 those of the types asked
 * for, or of all.
 */
import { ConfigResourceType, type MetadataImage } from '@ottla/metadata'
import { ErrorCode, ListConfigResourcesRequest, ListConfigResourcesResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

const ALL_TYPES: readonly number[] = Object.values(ConfigResourceType)

export const listConfigResources = defineApi({
  key: 74,
  request: ListConfigResourcesRequest,
  response: ListConfigResourcesResponse,
  handle({ apiVersion, broker: { image } }, { resourceTypes }) {
    const asked = apiVersion === 0 ? [ConfigResourceType.CLIENT_METRICS] : resourceTypes
    const types = asked.length === 0 ? ALL_TYPES : [...new Set(asked)]
    if (!types.every((type) => ALL_TYPES.includes(type))) return { errorCode: ErrorCode.UNSUPPORTED_VERSION }
    const configResources = types.flatMap((resourceType) =>
      namesOf(image, resourceType).map((resourceName) => ({ resourceName, resourceType })),
    )
    return { configResources }
  },
})

function namesOf(image: MetadataImage, type: number): string[] {
  switch (type) {
    case ConfigResourceType.TOPIC:
      return Array.from(image.topics.all(), ({ name }) => name)
    case ConfigResourceType.BROKER:
    case ConfigResourceType.BROKER_LOGGER:
      return Array.from(image.brokers.values())
        .filter(({ fenced }) => !fenced)
        .map(({ id }) => String(id))
    default:
      return Array.from(image.configs.resources(type), ([name]) => name)
  }
}
