/** A tree to walk in: folders, and leaves with a text. What is in a folder is made when somebody looks. */

export type ShellNode = ShellFolder | ShellLeaf

export interface ShellFolder {
  readonly kind: 'folder'
  /** In the order in which they are shown. */
  readonly names: () => readonly string[]
  readonly child: (name: string) => ShellNode | undefined
}

export interface ShellLeaf {
  readonly kind: 'leaf'
  readonly text: string
}

export function leaf(text: string | number): ShellLeaf {
  return { kind: 'leaf', text: String(text) }
}

/** Names are sorted as text. */
export function folder(entries: () => Iterable<readonly [name: string, node: () => ShellNode]>): ShellFolder {
  let made: ReadonlyMap<string, () => ShellNode> | undefined
  const all = () => {
    made ??= new Map([...entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
    return made
  }
  return { kind: 'folder', names: () => [...all().keys()], child: (name) => all().get(name)?.() }
}
