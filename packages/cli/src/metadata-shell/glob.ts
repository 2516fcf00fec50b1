/** Paths with `*`, `?` and `{a,b}` in the tree. */
import { ToolError } from '../options/usage-error.ts'
import type { ShellNode } from './shell-node.ts'

export interface FoundNode {
  readonly node: ShellNode
  /** Names from the root. */
  readonly path: readonly string[]
}

/** `/` and what `.` and `..` mean, taken out. */
export function pathParts(path: string, workingFolder: readonly string[]): string[] {
  const parts = path.startsWith('/') ? [] : [...workingFolder]
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return parts
}

/** What the path means; nothing when there is no such thing. Throws ToolError. */
export function findNodes(root: ShellNode, path: string, workingFolder: readonly string[]): FoundNode[] {
  let found: FoundNode[] = [{ node: root, path: [] }]
  for (const part of pathParts(path, workingFolder)) {
    const matches = matcher(part)
    found = found.flatMap(({ node, path: above }) => {
      if (node.kind === 'leaf') return []
      const names = matches === null ? [part] : node.names().filter((name) => matches.test(name))
      return names.flatMap((name) => {
        const child = node.child(name)
        return child === undefined ? [] : [{ node: child, path: [...above, name] }]
      })
    })
  }
  return found
}

/** Null: the text stands for itself. */
function matcher(glob: string): RegExp | null {
  if (!/[*?{}\\]/.test(glob)) return null
  let source = ''
  let isGroup = false
  for (let at = 0; at < glob.length; at += 1) {
    const letter = glob[at]!
    if (letter === '\\' && at + 1 < glob.length) source += escaped(glob[++at]!)
    else if (letter === '*') source += '.*'
    else if (letter === '?') source += '.'
    else if (letter === '{') {
      if (isGroup) throw new ToolError(`Invalid glob pattern: Can't nest glob groups.`)
      isGroup = true
      source += '(?:(?:'
    } else if (letter === '}' && isGroup) {
      isGroup = false
      source += '))'
    } else if (letter === ',' && isGroup) source += ')|(?:'
    else source += escaped(letter)
  }
  if (isGroup) throw new ToolError('Invalid glob pattern: Unterminated glob group.')
  return new RegExp(`^${source}$`, 's')
}

function escaped(letter: string): string {
  return letter.replace(/[.+^${}()|[\]\\*?/]/, '\\$&')
}
