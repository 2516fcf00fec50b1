/** The settings of one log. The config package lists them, and maps keys to them ('segment.bytes' → `segmentBytes`). */
import { defaultLogSettings, type LogSettings } from '@ottla/config'

export type LogConfig = LogSettings

/** Kafka's defaults (and Ottla's for its own keys). */
export const DEFAULT_LOG_CONFIG: LogConfig = Object.freeze(defaultLogSettings())
