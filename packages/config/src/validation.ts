/** The checks that the key tables name. */
import { unreachable } from '@ottla/stdx'
import type { ConfigKey, ConfigValue, Validation } from './config-key.ts'

/** What was expected of the value, or null when it passes. */
export function expectationOf(key: ConfigKey, value: ConfigValue): string | null {
  const { valid } = key
  if (valid === undefined) return null
  if (value === null) {
    const refused = valid.kind === 'range' ? key.default !== null : valid.kind === 'list' && !valid.nullAllowed
    return refused ? 'Value must be non-null' : null
  }
  return check(key, valid, value)
}

function check(key: ConfigKey, valid: Validation, value: NonNullable<ConfigValue>): string | null {
  switch (valid.kind) {
    case 'range':
      return checkRange(valid, Number(value))
    case 'one-of':
      return checkOneOf(valid, String(value))
    case 'list':
      return checkList(valid, listOf(value))
    case 'non-empty':
      return value === '' ? 'String must be non-empty' : null
    case 'gzip-level':
      return value === -1 || (Number(value) >= 1 && Number(value) <= 9)
        ? null
        : 'Value must be between 1 and 9 or equal to -1'
    case 'throttled-replicas':
      return checkThrottledReplicas(key.name, listOf(value))
    case 'quorum-voters':
      return listOf(value).every((voter) => /^[0-9]+@.+:[0-9]+$/.test(voter))
        ? null
        : 'Each voter must be id@host:port, separated by commas'
    case 'host-ports':
      return listOf(value).every((address) => /^.+:[0-9]+$/.test(address))
        ? null
        : 'Each address must be host:port, separated by commas'
    case 'offset-reset':
      return checkOffsetReset(String(value))
    default:
      return unreachable(valid)
  }
}

function listOf(value: NonNullable<ConfigValue>): readonly string[] {
  return typeof value === 'object' ? value : [String(value)]
}

function checkRange({ min, max }: { readonly min?: number; readonly max?: number }, value: number): string | null {
  if (min !== undefined && value < min) return `Value must be at least ${min}`
  if (max !== undefined && value > max) return `Value must be no more than ${max}`
  return null
}

function checkOneOf(
  { values, ignoreCase }: { readonly values: readonly string[]; readonly ignoreCase?: true },
  value: string,
): string | null {
  const found = ignoreCase
    ? values.some((candidate) => candidate.toLowerCase() === value.toLowerCase())
    : values.includes(value)
  if (found) return null
  return `String must be one of${ignoreCase ? ' (case insensitive)' : ''}: ${values.join(', ')}`
}

function checkList(
  { values, emptyAllowed }: { readonly values?: readonly string[]; readonly emptyAllowed: boolean },
  list: readonly string[],
): string | null {
  if (list.length === 0 && !emptyAllowed) {
    return `Configuration must not be empty. Valid values include: ${values === undefined ? 'any' : values.join(', ')}`
  }
  if (list.some((item) => item === '')) return 'Configuration values must not be empty.'
  // Where values are chosen from, one that is chosen twice is chosen.
  if (values === undefined && new Set(list).size !== list.length) return 'Configuration values must not be duplicated.'
  const stranger = values === undefined ? undefined : list.find((item) => !values.includes(item))
  return stranger === undefined ? null : `String must be one of: ${values?.join(', ')}`
}

function checkThrottledReplicas(name: string, list: readonly string[]): string | null {
  if (list.length === 1 && list[0] === '*') return null
  return list.every((item) => item === '' || /^[0-9]+:[0-9]+$/.test(item))
    ? null
    : `${name} must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...`
}

function checkOffsetReset(value: string): string | null {
  if (value === 'latest' || value === 'earliest') return null
  if (/^by_duration:P(?=.)([0-9]+D)?(T(?=.)([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?$/.test(value)) return null
  return `Invalid value \`${value}\` for configuration share.auto.offset.reset. The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.`
}
