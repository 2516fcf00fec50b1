/** What an acknowledgement waits for (config `ottla.durability`, of the topic or of the broker). */
import type { LogConfig } from '@ottla/log'

/** 'synced': on disk. 'written': in the page cache. */
export type SafeEnd = 'synced' | 'written'

/** `auto`: a partition with one replica has nothing but its disk; with more, the others have it too. */
export function safeEndFor(config: LogConfig, replicas: number): SafeEnd {
  if (config.flushMessages === 1) return 'synced'
  switch (config.durability) {
    case 'fsync':
      return 'synced'
    case 'replicated':
      return 'written'
    case 'auto':
      return replicas === 1 ? 'synced' : 'written'
  }
}
