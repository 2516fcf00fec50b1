export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** Structured log. `fields` are data (never interpolated into `message`); strings from clients are escaped by the sink. */
export interface Logger {
  trace(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  fatal(message: string, fields?: LogFields): void
  /** A logger of the given name (dotted, e.g. 'broker.replica') that adds `fields` to every line. */
  child(name: string, fields?: LogFields): Logger
  isEnabled(level: LogLevel): boolean
}

export type LogFields = Readonly<Record<string, unknown>>
