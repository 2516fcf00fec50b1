/** Names of MBeans, and patterns for them: `kafka.server:type=BrokerTopicMetrics,name=*`, `kafka.*:*`. */
import { ToolError } from '../options/usage-error.ts'

export interface ObjectName {
  /** As it was written. */
  readonly text: string
  readonly domain: string
  readonly keys: ReadonlyMap<string, string>
  /** Names with more keys match too. */
  readonly isOpen: boolean
}

/** Throws ToolError in Java's words. */
export function parseObjectName(text: string): ObjectName {
  const colon = text.indexOf(':')
  if (colon === -1) throw new ToolError('javax.management.MalformedObjectNameException: Key properties cannot be empty')
  const keys = new Map<string, string>()
  let isOpen = false
  const list = text.slice(colon + 1)
  if (list === '') throw new ToolError('javax.management.MalformedObjectNameException: Key properties cannot be empty')
  for (const [pair] of list.matchAll(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g)) {
    if (pair === '*') {
      isOpen = true
      continue
    }
    const equals = pair.indexOf('=')
    if (equals < 1) {
      throw new ToolError(`javax.management.MalformedObjectNameException: Invalid character in key part of property`)
    }
    keys.set(pair.slice(0, equals), pair.slice(equals + 1))
  }
  return { text, domain: text.slice(0, colon), keys, isOpen }
}

export function isPattern({ text }: ObjectName): boolean {
  return /[*?]/.test(text)
}

export function matchesName(pattern: ObjectName, name: ObjectName): boolean {
  if (!wildcard(pattern.domain).test(name.domain)) return false
  if (!pattern.isOpen && pattern.keys.size !== name.keys.size) return false
  return [...pattern.keys].every(([key, value]) => {
    const own = name.keys.get(key)
    return own !== undefined && wildcard(value).test(own)
  })
}

function wildcard(text: string): RegExp {
  const source = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's')
}
