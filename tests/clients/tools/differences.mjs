import { isDeepStrictEqual } from 'node:util'

/** Differences between two values of plain data, one line each; none when they are the same. */
export function differences(expected, found, path = '') {
  if (isDeepStrictEqual(expected, found)) return []
  const isBranch = (value) => typeof value === 'object' && value !== null
  if (!isBranch(expected) || !isBranch(found) || Array.isArray(expected) !== Array.isArray(found)) {
    return [`${path}: ${JSON.stringify(expected)} became ${JSON.stringify(found)}`]
  }
  const keys = new Set([...Object.keys(expected), ...Object.keys(found)])
  return [...keys].flatMap((key) => differences(expected[key], found[key], `${path}.${key}`))
}
