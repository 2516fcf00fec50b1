/** Whether a log that is not open has segments to let go, seen from its folder alone. */
import type { LogConfig } from '../log-config.ts'
import type { LogResources } from '../log-resources.ts'
import { LOG_SUFFIX, parseFileName } from '../segment/file-names.ts'
import { noteMaxTimestamp } from '../segment/max-timestamp.ts'
import { Segment } from '../segment/segment.ts'

export async function isRetentionDue(
  resources: LogResources,
  folder: string,
  { config, nowMs }: { config: LogConfig; nowMs: number },
): Promise<boolean> {
  const hasBound = config.cleanupDelete && (config.retentionMs >= 0 || config.retentionBytes >= 0)
  if (!hasBound || (await resources.env.files.stat(folder)) === null) return false
  const segments: Segment[] = []
  let bytes = 0
  for (const { name } of await resources.env.files.list(folder)) {
    const file = parseFileName(name)
    if (file === null || file.kind !== LOG_SUFFIX || file.state !== '') continue
    const stat = await resources.env.files.stat(`${folder}/${name}`)
    const options = { folder, baseOffset: file.baseOffset, createdMs: nowMs, rollJitterMs: 0 }
    segments.push(Segment.found(options, stat?.sizeBytes ?? 0))
    bytes += stat?.sizeBytes ?? 0
  }
  // Cleaning may have left nothing of those before it.
  const first = segments.find(({ writtenBytes }) => writtenBytes > 0)
  if (first === undefined) return false
  if (config.retentionBytes >= 0 && bytes - config.retentionBytes >= first.writtenBytes) return true
  if (config.retentionMs < 0) return false
  await noteMaxTimestamp(resources.openFiles, first)
  const { maxTimestampMs = -1 } = first
  return maxTimestampMs >= 0 && nowMs - maxTimestampMs > config.retentionMs
}
