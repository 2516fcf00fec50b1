/**
 * A map that never changes: `set` and `delete` give a new one that shares all but a few small arrays with the old one.
 * Keys are sorted (numbers by value, strings by UTF-16 units as in Java), so that iteration, paging and snapshots have
 * one order everywhere.
 *
 * A B+ tree: leaves hold up to 32 entries, branches up to 32 children and the first key of each. Costs O(log n) in all
 * operations; 100,000 entries are four levels.
 */

type Key = string | number

interface Leaf<K, V> {
  readonly kind: 'leaf'
  readonly keys: readonly K[]
  readonly values: readonly V[]
}

interface Branch<K, V> {
  readonly kind: 'branch'
  /** First key of each child. */
  readonly keys: readonly K[]
  readonly children: readonly Node<K, V>[]
}

type Node<K, V> = Leaf<K, V> | Branch<K, V>

const NODE_MAX = 32
/** Entries of a node that is made at once. */
const NODE_FILL = 24
/** A node below this is joined with a neighbour if both fit in one. */
const NODE_MIN = 8

const EMPTY_LEAF: Leaf<never, never> = { kind: 'leaf', keys: [], values: [] }

export class SortedMap<K extends Key, V> implements Iterable<readonly [K, V]> {
  readonly #root: Node<K, V>
  readonly size: number

  private constructor(root: Node<K, V>, size: number) {
    this.#root = root
    this.size = size
  }

  static empty<K extends Key, V>(): SortedMap<K, V> {
    return SortedMap.#empty as unknown as SortedMap<K, V>
  }

  /** Made at once: much faster than entry by entry. Keys are all different. */
  static of<K extends Key, V>(entries: Iterable<readonly [K, V]>): SortedMap<K, V> {
    const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
    if (sorted.length === 0) return SortedMap.empty()
    let level: Node<K, V>[] = groupsOf(sorted).map((group) => ({
      kind: 'leaf',
      keys: group.map(([key]) => key),
      values: group.map(([, value]) => value),
    }))
    while (level.length > 1) level = groupsOf(level).map(branch)
    return new SortedMap(level[0]!, sorted.length)
  }

  get(key: K): V | undefined {
    let node = this.#root
    while (node.kind === 'branch') node = node.children[childIndex(node.keys, key)]!
    const at = lowerBound(node.keys, key)
    return node.keys[at] === key ? node.values[at] : undefined
  }

  has(key: K): boolean {
    return this.get(key) !== undefined
  }

  /** A map with the entry; this one when it holds the same value already. */
  set(key: K, value: V): SortedMap<K, V> {
    const before = this.get(key)
    if (before === value && before !== undefined) return this
    const [left, right] = insert(this.#root, key, value)
    const root: Node<K, V> = right === undefined ? left : branch([left, right])
    return new SortedMap(root, before === undefined ? this.size + 1 : this.size)
  }

  /** A map without the key; this one when it has no such key. */
  delete(key: K): SortedMap<K, V> {
    if (!this.has(key)) return this
    let root: Node<K, V> | undefined = remove(this.#root, key)
    while (root?.kind === 'branch' && root.children.length === 1) root = root.children[0]
    return root === undefined ? SortedMap.empty() : new SortedMap(root, this.size - 1)
  }

  [Symbol.iterator](): Generator<readonly [K, V]> {
    return walk(this.#root, undefined)
  }

  entries(): Generator<readonly [K, V]> {
    return walk(this.#root, undefined)
  }

  /** Entries whose key is `first` or comes after it. */
  entriesFrom(first: K): Generator<readonly [K, V]> {
    return walk(this.#root, first)
  }

  *keys(): Generator<K> {
    for (const [key] of this) yield key
  }

  *values(): Generator<V> {
    for (const [, value] of this) yield value
  }

  static readonly #empty = new SortedMap<never, never>(EMPTY_LEAF, 0)
}

/** Pieces that leave a node some room to grow. */
function groupsOf<T>(items: readonly T[]): T[][] {
  const groups: T[][] = []
  for (let at = 0; at < items.length; at += NODE_FILL) groups.push(items.slice(at, at + NODE_FILL))
  return groups
}

/** Index of the first key that is not below `key`. */
function lowerBound<K extends Key>(keys: readonly K[], key: K): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

/** Index of the child that holds `key`, if any does. */
function childIndex<K extends Key>(firstKeys: readonly K[], key: K): number {
  const at = lowerBound(firstKeys, key)
  return firstKeys[at] === key ? at : Math.max(0, at - 1)
}

function branch<K, V>(children: readonly Node<K, V>[]): Branch<K, V> {
  return { kind: 'branch', keys: children.map((child) => child.keys[0]!), children }
}

/** The node with the entry, in two halves when it got too large. */
function insert<K extends Key, V>(node: Node<K, V>, key: K, value: V): [Node<K, V>, Node<K, V>?] {
  if (node.kind === 'leaf') {
    const at = lowerBound(node.keys, key)
    if (node.keys[at] === key) return [{ kind: 'leaf', keys: node.keys, values: node.values.with(at, value) }]
    return halves({
      kind: 'leaf',
      keys: node.keys.toSpliced(at, 0, key),
      values: node.values.toSpliced(at, 0, value),
    })
  }
  const at = childIndex(node.keys, key)
  const [left, right] = insert(node.children[at]!, key, value)
  const replacement = right === undefined ? [left] : [left, right]
  return halves(branch(node.children.toSpliced(at, 1, ...replacement)))
}

function halves<K, V>(node: Node<K, V>): [Node<K, V>, Node<K, V>?] {
  if (node.keys.length <= NODE_MAX) return [node]
  const middle = node.keys.length >>> 1
  if (node.kind === 'branch') return [branch(node.children.slice(0, middle)), branch(node.children.slice(middle))]
  return [
    { kind: 'leaf', keys: node.keys.slice(0, middle), values: node.values.slice(0, middle) },
    { kind: 'leaf', keys: node.keys.slice(middle), values: node.values.slice(middle) },
  ]
}

/** The node without the key, which it holds; undefined when nothing is left. */
function remove<K extends Key, V>(node: Node<K, V>, key: K): Node<K, V> | undefined {
  if (node.kind === 'leaf') {
    if (node.keys.length === 1) return undefined
    const at = lowerBound(node.keys, key)
    return { kind: 'leaf', keys: node.keys.toSpliced(at, 1), values: node.values.toSpliced(at, 1) }
  }
  const at = childIndex(node.keys, key)
  const child = remove(node.children[at]!, key)
  if (child === undefined) return node.children.length === 1 ? undefined : branch(node.children.toSpliced(at, 1))
  const neighbour = node.children[at + 1] ?? node.children[at - 1]
  if (
    neighbour === undefined ||
    child.keys.length >= NODE_MIN ||
    child.keys.length + neighbour.keys.length > NODE_MAX
  ) {
    return branch(node.children.with(at, child))
  }
  const first = Math.min(at, node.children.indexOf(neighbour))
  const joined = first === at ? join(child, neighbour) : join(neighbour, child)
  return branch(node.children.toSpliced(first, 2, joined))
}

function join<K, V>(left: Node<K, V>, right: Node<K, V>): Node<K, V> {
  if (left.kind === 'branch' && right.kind === 'branch') return branch([...left.children, ...right.children])
  if (left.kind === 'leaf' && right.kind === 'leaf') {
    return { kind: 'leaf', keys: [...left.keys, ...right.keys], values: [...left.values, ...right.values] }
  }
  return left
}

function* walk<K extends Key, V>(node: Node<K, V>, first: K | undefined): Generator<readonly [K, V]> {
  if (node.kind === 'leaf') {
    const start = first === undefined ? 0 : lowerBound(node.keys, first)
    for (let at = start; at < node.keys.length; at += 1) yield [node.keys[at]!, node.values[at]!]
    return
  }
  const start = first === undefined ? 0 : childIndex(node.keys, first)
  for (let at = start; at < node.children.length; at += 1) {
    yield* walk(node.children[at]!, at === start ? first : undefined)
  }
}
