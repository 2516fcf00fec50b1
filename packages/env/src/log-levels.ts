import type { LogLevel } from './logger.ts'

/** From the least to the most important. */
export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

export function isLogLevel(text: string): text is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(text)
}

/** The name of the logger at the root, as BROKER_LOGGER resources call it. */
export const ROOT_LOGGER = 'root'

/**
 * The level of each logger. A name without a level of its own has that of its nearest ancestor: 'broker.replica.fetcher'
 * asks 'broker.replica', then 'broker', then the root.
 */
export class LogLevels {
  readonly #own = new Map<string, LogLevel>()
  readonly #known = new Set<string>()
  /** Goes up with every change; loggers compare it instead of walking the names for each line. */
  #version = 0

  constructor(root: LogLevel, levels: Readonly<Record<string, LogLevel>> = {}) {
    this.#own.set(ROOT_LOGGER, root)
    for (const [name, level] of Object.entries(levels)) this.#own.set(name, level)
  }

  get version(): number {
    return this.#version
  }

  /** The level in force for the logger of this name. */
  levelOf(name: string): LogLevel {
    for (let at = name; ; at = at.slice(0, at.lastIndexOf('.'))) {
      const level = this.#own.get(at)
      if (level !== undefined) return level
      if (!at.includes('.')) return this.#own.get(ROOT_LOGGER) as LogLevel
    }
  }

  /** The level that was set for exactly this name; undefined when it follows its ancestors. */
  ownLevelOf(name: string): LogLevel | undefined {
    return this.#own.get(name)
  }

  set(name: string, level: LogLevel): void {
    this.#own.set(name, level)
    this.#version++
  }

  /** Lets the name follow its ancestors again; the root keeps its level. */
  unset(name: string): void {
    if (name === ROOT_LOGGER) return
    this.#own.delete(name)
    this.#version++
  }

  /** Notes that a logger of this name exists. */
  know(name: string): void {
    this.#known.add(name)
  }

  /** The loggers that exist or have a level, sorted, the root first. */
  names(): string[] {
    const names = new Set([...this.#known, ...this.#own.keys()])
    names.delete(ROOT_LOGGER)
    return [ROOT_LOGGER, ...[...names].sort()]
  }
}
