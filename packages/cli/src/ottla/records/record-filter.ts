/** Which records a reader wants to see: --grep, --key, --header, --where. */
import type { ConsumerRecord } from '@ottla/client'
import type { Arguments } from '../parse-arguments.ts'
import { globPattern } from '../topic/topic-facts.ts'
import { UsageProblem } from '../usage-problem.ts'
import { type Condition, compileCondition } from './where.ts'

/** Null: all of them. Throws {@link UsageProblem}. */
export function recordFilter(args: Arguments): Condition | null {
  const conditions: Condition[] = [
    ...args.values('grep').map((pattern) => grep(pattern, args.has('ignore-case') ? 'i' : '')),
    ...args.values('where').map(compileCondition),
    ...args.values('header').map(headerCondition),
  ]
  const keys = args.values('key').map(globPattern)
  if (keys.length > 0)
    conditions.push(({ key }) => key !== null && keys.some((pattern) => pattern.test(key.toString('utf8'))))
  if (conditions.length === 0) return null
  return (record) => conditions.every((condition) => condition(record))
}

function grep(source: string, flags: string): Condition {
  let pattern: RegExp
  try {
    pattern = new RegExp(source, flags)
  } catch (error) {
    throw new UsageProblem(`--grep: ${(error as Error).message}`)
  }
  return ({ value }: ConsumerRecord) => value !== null && pattern.test(value.toString('utf8'))
}

/** `NAME` or `NAME=PATTERN`. */
function headerCondition(text: string): Condition {
  const equals = text.indexOf('=')
  const name = equals === -1 ? text : text.slice(0, equals)
  const pattern = equals === -1 ? null : globPattern(text.slice(equals + 1))
  return ({ headers }) =>
    headers.some(({ key, value }) => key === name && (pattern === null || pattern.test(value?.toString('utf8') ?? '')))
}
