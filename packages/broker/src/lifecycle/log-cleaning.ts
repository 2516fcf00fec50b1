/** The log cleaner of a broker, with the settings that are in force. */
import { type CleanerConfig, LogCleaner } from '@ottla/log'
import type { Broker } from '../broker.ts'

/** Starts it unless log.cleaner.enable=false; gives what ends it, which resolves when nothing is being cleaned. */
export function startLogCleaner(broker: Broker): () => Promise<void> {
  if (!broker.config.values['log.cleaner.enable']) return () => Promise.resolve()
  const cleaner = new LogCleaner({
    env: broker.env,
    compactedLogs: () => broker.logs.compactedLogs(),
    config: () => cleanerConfig(broker),
  })
  broker.metrics.cleaner = cleaner
  cleaner.start()
  let { config } = broker
  // log.cleaner.threads and the others may change while the broker runs.
  const unsubscribe = broker.channel.subscribe(() => {
    if (broker.config === config) return
    config = broker.config
    cleaner.start()
  })
  return async () => {
    unsubscribe()
    await cleaner.stop()
  }
}

function cleanerConfig({ config: { values } }: Broker): CleanerConfig {
  return {
    threads: values['log.cleaner.threads'],
    dedupeBufferBytes: values['log.cleaner.dedupe.buffer.size'],
    dedupeLoadFactor: values['log.cleaner.io.buffer.load.factor'],
    ioBufferBytes: values['log.cleaner.io.buffer.size'],
    ioMaxBytesPerSecond: values['log.cleaner.io.max.bytes.per.second'],
    backoffMs: values['log.cleaner.backoff.ms'],
  }
}
