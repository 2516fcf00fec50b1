/** The headers in front of messages: flexible bodies have flexible headers, with two exceptions. */
import type { Reader, Schema } from '@ottla/protocol'

const CONTROLLED_SHUTDOWN = 7
const API_VERSIONS = 18

export function requestHeaderVersion(request: Schema, version: number): 0 | 1 | 2 {
  if (request.key === CONTROLLED_SHUTDOWN && version === 0) return 0
  return isFlexible(request, version) ? 2 : 1
}

/** A client cannot know the version of an ApiVersions answer before it has read it: its header is always 0. */
export function responseHeaderVersion(response: Schema, version: number): 0 | 1 {
  return response.key !== API_VERSIONS && isFlexible(response, version) ? 1 : 0
}

/** Moves over the tagged fields of a flexible header; none is known yet. Throws ProtocolError. */
export function skipTags(reader: Reader): void {
  let tag = -1
  for (let left = reader.tagCount(); left > 0; left--) {
    tag = reader.nextTag(tag)
    reader.position = reader.tagEnd()
  }
}

function isFlexible(schema: Schema, version: number): boolean {
  return version >= schema.flexible.min && version <= schema.flexible.max
}
