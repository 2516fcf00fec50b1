/** A binary heap: the smallest item by `compare` comes out first. Items that compare equal come out in no given order. */
export class Heap<T> {
  readonly #compare: (a: T, b: T) => number
  #items: T[] = []

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#items.length
  }

  push(item: T): void {
    const items = this.#items
    let index = items.length
    items.push(item)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = items[parent] as T
      if (this.#compare(item, above) >= 0) break
      items[index] = above
      index = parent
    }
    items[index] = item
  }

  /** The smallest item; undefined when empty. */
  peek(): T | undefined {
    return this.#items[0]
  }

  /** Takes the smallest item; undefined when empty. */
  pop(): T | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (items.length > 0) this.#sink(last as T)
    return top
  }

  clear(): void {
    this.#items = []
  }

  /** The items in no given order. */
  values(): IterableIterator<T> {
    return this.#items.values()
  }

  #sink(item: T): void {
    const items = this.#items
    const size = items.length
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= size) break
      if (child + 1 < size && this.#compare(items[child + 1] as T, items[child] as T) < 0) child++
      if (this.#compare(item, items[child] as T) <= 0) break
      items[index] = items[child] as T
      index = child
    }
    items[index] = item
  }
}
