/** Text to value and back, by type, as Kafka's ConfigDef does it; then the checks of the table. */
import { formatInt64, INT64_MAX, parseInt64 } from '@ottla/stdx'
import type { ConfigKey, ConfigType, ConfigValue } from './config-key.ts'
import { type ValueProblem, valueProblem } from './config-problem.ts'
import { expectationOf } from './validation.ts'

export type Parsed =
  | { readonly kind: 'value'; readonly value: ConfigValue }
  | { readonly kind: 'problem'; readonly problem: ValueProblem }

const INT32_MIN = -(2 ** 31)
const INT32_MAX = 2 ** 31 - 1
const INT16_MIN = -(2 ** 15)
const INT16_MAX = 2 ** 15 - 1
const INTEGER = /^[+-]?[0-9]+$/
const DOUBLE = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[dDfF]?$/

/** Parses and checks the text of a setting. A null text is the absent value. */
export function parseValue(key: ConfigKey, text: string | null): Parsed {
  const typed = text === null ? { value: null } : parseType(key.type, text)
  if ('expected' in typed) return { kind: 'problem', problem: valueProblem(key.name, text, typed.expected) }
  const expected = expectationOf(key, typed.value)
  if (expected !== null)
    return { kind: 'problem', problem: valueProblem(key.name, shown(key, typed.value, text), expected) }
  return { kind: 'value', value: typed.value }
}

/** What of the value the message names, as Kafka does: a double in its own form, of a list the item that is not one of the choices. */
function shown({ type, valid }: ConfigKey, value: ConfigValue, text: string | null): string | null {
  if (type === 'double') return formatValue(type, value)
  if (valid?.kind === 'throttled-replicas' && Array.isArray(value)) return `[${value.join(', ')}]`
  if (valid?.kind !== 'list' || valid.values === undefined || value === null || typeof value !== 'object') return text
  const { values } = valid
  return value.find((item) => item !== '' && !values.includes(item)) ?? text
}

/** The text form of a value, as Kafka prints it: lists joined by commas, doubles in Java's form, null stays null. */
export function formatValue(type: ConfigType, value: ConfigValue): string | null {
  if (value === null) return null
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return type === 'double' ? formatDouble(value) : formatInt64(value)
  return value.join(',')
}

function parseType(type: ConfigType, text: string): { value: ConfigValue } | { expected: string } {
  const trimmed = text.trim()
  switch (type) {
    case 'boolean': {
      const lower = trimmed.toLowerCase()
      if (lower === 'true' || lower === 'false') return { value: lower === 'true' }
      return { expected: 'Expected value to be either true or false' }
    }
    case 'int':
      return integer(trimmed, INT32_MIN, INT32_MAX) ?? { expected: 'Not a number of type INT' }
    case 'short':
      return integer(trimmed, INT16_MIN, INT16_MAX) ?? { expected: 'Not a number of type SHORT' }
    case 'long':
      return long(trimmed) ?? { expected: 'Not a number of type LONG' }
    case 'double':
      if (!DOUBLE.test(trimmed)) return { expected: 'Not a number of type DOUBLE' }
      return { value: Number.parseFloat(trimmed) }
    case 'list':
      return { value: trimmed === '' ? [] : trimmed.split(/\s*,\s*/) }
    case 'password':
      return { value: text }
    case 'string':
    case 'class':
      return { value: trimmed }
  }
}

function integer(text: string, min: number, max: number): { value: number } | undefined {
  if (!INTEGER.test(text)) return undefined
  const value = Number(text)
  return value >= min && value <= max ? { value: value + 0 } : undefined
}

function long(text: string): { value: number } | undefined {
  if (!INTEGER.test(text)) return undefined
  try {
    const value = parseInt64(text.replace(/^\+/, ''))
    // Beyond 2^53 the sentinel is the only value that is held exactly; what is near it means it.
    return { value: value > Number.MAX_SAFE_INTEGER && value > INT64_MAX / 2 ? INT64_MAX : value }
  } catch {
    return undefined
  }
}

/** Java's Double.toString. */
function formatDouble(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) {
    const [mantissa = '', exponent = ''] = value.toExponential().split('e')
    return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`
  }
  const text = String(value)
  return text.includes('.') ? text : `${text}.0`
}
