/** Which segments become one: neighbours, as long as the result can be no larger than a segment may be. */
import type { LogConfig } from '../log-config.ts'
import type { Segment } from '../segment/segment.ts'

/** All names of a group change in one turn of the event loop: not too many. */
const SEGMENTS_MAX = 64
const RELATIVE_OFFSET_MAX = 2 ** 31 - 1

export interface GroupBounds {
  readonly config: LogConfig
  /** Where the last segment ends. */
  readonly end: number
  /** Bytes of the segment's larger index. */
  readonly indexBytes: (segment: Segment) => number
}

export function groupSegments(segments: readonly Segment[], { config, end, indexBytes }: GroupBounds): Segment[][] {
  const groups: Segment[][] = []
  let group: Segment[] = []
  let bytes = 0
  let indexes = 0
  for (const [i, segment] of segments.entries()) {
    const size = segment.writtenBytes
    const index = indexBytes(segment)
    const last = (segments[i + 1]?.baseOffset ?? end) - 1
    const first = group[0]
    const fits =
      first !== undefined &&
      group.length < SEGMENTS_MAX &&
      bytes + size <= config.segmentBytes &&
      indexes + index <= config.segmentIndexBytes &&
      last - first.baseOffset <= RELATIVE_OFFSET_MAX
    if (!fits) {
      group = []
      groups.push(group)
      bytes = 0
      indexes = 0
    }
    group.push(segment)
    bytes += size
    indexes += index
  }
  return groups
}
