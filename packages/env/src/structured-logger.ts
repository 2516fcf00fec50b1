import { LOG_LEVELS, type LogLevels, ROOT_LOGGER } from './log-levels.ts'
import type { LogFields, Logger, LogLevel } from './logger.ts'

/** One line of the log, before it has a form. */
export interface LogLine {
  /** Wall time, milliseconds since 1970. */
  readonly timeMs: number
  readonly level: LogLevel
  readonly logger: string
  readonly message: string
  readonly fields: LogFields
}

export interface LoggerOptions {
  readonly levels: LogLevels
  readonly now: () => number
  readonly write: (line: LogLine) => void
}

/** The root logger over a sink. Real and simulated logs differ only in what `write` does. */
export function createLogger(options: LoggerOptions): Logger {
  return new StructuredLogger(options, ROOT_LOGGER, {})
}

const RANK = Object.fromEntries(LOG_LEVELS.map((level, rank) => [level, rank])) as Record<LogLevel, number>

class StructuredLogger implements Logger {
  readonly #options: LoggerOptions
  readonly #name: string
  readonly #fields: LogFields
  #rank = 0
  #version = -1

  constructor(options: LoggerOptions, name: string, fields: LogFields) {
    this.#options = options
    this.#name = name
    this.#fields = fields
    options.levels.know(name)
  }

  trace(message: string, fields?: LogFields): void {
    this.#log('trace', message, fields)
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields)
  }

  fatal(message: string, fields?: LogFields): void {
    this.#log('fatal', message, fields)
  }

  child(name: string, fields?: LogFields): Logger {
    return new StructuredLogger(
      this.#options,
      name,
      fields === undefined ? this.#fields : { ...this.#fields, ...fields },
    )
  }

  isEnabled(level: LogLevel): boolean {
    const { levels } = this.#options
    if (levels.version !== this.#version) {
      this.#version = levels.version
      this.#rank = RANK[levels.levelOf(this.#name)]
    }
    return RANK[level] >= this.#rank
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (!this.isEnabled(level)) return
    const all = fields === undefined ? this.#fields : { ...this.#fields, ...fields }
    this.#options.write({ timeMs: this.#options.now(), level, logger: this.#name, message, fields: all })
  }
}
