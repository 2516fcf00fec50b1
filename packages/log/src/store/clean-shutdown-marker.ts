/**
 * The file .kafka_cleanshutdown: there after a clean stop, taken away at the next start before anything is opened. JSON
 * {version, brokerEpoch}; an empty one (Kafka 2.4) counts, without an epoch.
 */
export const CLEAN_SHUTDOWN_MARKER = '.kafka_cleanshutdown'
export const NO_BROKER_EPOCH = -1

export function formatCleanShutdown(brokerEpoch: number): Buffer {
  return Buffer.from(JSON.stringify({ version: 0, brokerEpoch }))
}

/** The broker epoch; -1 when the marker says none. */
export function parseCleanShutdown(content: Buffer): number {
  try {
    const parsed: unknown = JSON.parse(content.toString())
    if (typeof parsed !== 'object' || parsed === null || !('brokerEpoch' in parsed)) return NO_BROKER_EPOCH
    const { brokerEpoch } = parsed
    return typeof brokerEpoch === 'number' && Number.isSafeInteger(brokerEpoch) ? brokerEpoch : NO_BROKER_EPOCH
  } catch {
    return NO_BROKER_EPOCH
  }
}
