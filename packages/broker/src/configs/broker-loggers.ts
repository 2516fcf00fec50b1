/**
 * Levels of this broker's loggers as settings (KIP-412): read and changed while it runs, forgotten when it stops. A logger whose level is taken
 * away has that of its nearest ancestor.
 */
import type { LogLevels } from '@ottla/env'
import { LOG_LEVELS, type LogLevel, ROOT_LOGGER } from '@ottla/env'
import { AlterConfigOp } from '@ottla/metadata'
import { ErrorCode } from '@ottla/protocol'

export interface LoggerChange {
  readonly name: string
  readonly configOperation: number
  readonly value: string | null
}

export interface LoggerError {
  readonly code: number
  readonly message: string
}

/** Why a name cannot be that of this broker's loggers; null when it is. */
export function loggerResourceError(name: string, nodeId: number): LoggerError | null {
  if (!/^-?\d+$/.test(name)) return invalid(`Node id must be an integer, but it is: ${name}`)
  return Number(name) === nodeId ? null : invalid(`Unexpected node id. Expected ${nodeId}, but received ${name}`)
}

/** Checks all changes, then makes them: all or none. */
export function alterLoggers(
  levels: LogLevels,
  changes: readonly LoggerChange[],
  effect: 'write' | 'validate',
): LoggerError | null {
  if (new Set(changes.map(({ name }) => name)).size < changes.length) {
    return invalid('Error due to duplicate config keys')
  }
  const nulls = changes.filter(({ configOperation, value }) => configOperation === AlterConfigOp.SET && value === null)
  if (nulls.length > 0) return invalid(`Null value not supported for : ${nulls.map(({ name }) => name).join(', ')}`)
  const known = new Set(levels.names())
  for (const change of changes) {
    const error = changeError(change, known)
    if (error !== null) return error
  }
  if (effect === 'validate') return null
  for (const { name, configOperation, value } of changes) {
    if (configOperation === AlterConfigOp.DELETE) levels.unset(name)
    else levels.set(name, (value ?? '').toLowerCase() as LogLevel)
  }
  return null
}

/** Loggers, or those of `names`, with the levels in force. */
export function loggerLevels(levels: LogLevels, names: ReadonlySet<string> | null): { name: string; value: string }[] {
  return levels
    .names()
    .filter((name) => names === null || names.has(name))
    .map((name) => ({ name, value: levels.levelOf(name).toUpperCase() }))
}

const LEVEL_NAMES = LOG_LEVELS.map((level) => level.toUpperCase())

function changeError({ name, configOperation, value }: LoggerChange, known: ReadonlySet<string>): LoggerError | null {
  switch (configOperation) {
    case AlterConfigOp.SET:
      if (!known.has(name)) return unknownLogger(name)
      if (LEVEL_NAMES.includes(value ?? '')) return null
      return {
        code: ErrorCode.INVALID_CONFIG,
        message: `Cannot set the log level of ${name} to ${value} as it is not a supported log level. Valid log levels are ${[...LEVEL_NAMES].sort().join(', ')}`,
      }
    case AlterConfigOp.DELETE:
      if (name === ROOT_LOGGER) return invalid('Removing the log level of the root logger is not allowed')
      return known.has(name) ? null : unknownLogger(name)
    case AlterConfigOp.APPEND:
      return invalid('APPEND operation is not allowed for the BROKER_LOGGER resource')
    case AlterConfigOp.SUBTRACT:
      return invalid('SUBTRACT operation is not allowed for the BROKER_LOGGER resource')
    default:
      return invalid(`Unknown operation type ${configOperation} is not allowed for the BROKER_LOGGER resource`)
  }
}

function unknownLogger(name: string): LoggerError {
  return { code: ErrorCode.INVALID_CONFIG, message: `Logger ${name} does not exist!` }
}

function invalid(message: string): LoggerError {
  return { code: ErrorCode.INVALID_REQUEST, message }
}
