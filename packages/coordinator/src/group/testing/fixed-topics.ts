import type { GroupTopic, GroupTopics } from '../../ports.ts'

/** Topics that a test decides on. At first t, u and v exist, with four partitions each. */
export class FixedTopics implements GroupTopics {
  readonly ids = new Map([
    ['t', 'tttttttttttttttttttttA'],
    ['u', 'uuuuuuuuuuuuuuuuuuuuuA'],
    ['v', 'vvvvvvvvvvvvvvvvvvvvvA'],
  ])
  readonly #partitionCounts = new Map<string, number>()
  readonly #racks = new Map<string, readonly (readonly string[])[]>()
  version = 1
  namesVersion = 1

  /** Makes the topic, or gives it more partitions. */
  set(name: string, { id, partitionCount = 4, racks }: FixedTopic): void {
    this.version += 1
    if (!this.ids.has(name) || (id !== undefined && id !== this.ids.get(name))) this.namesVersion = this.version
    this.ids.set(name, id ?? this.ids.get(name) ?? name.slice(0, 1).repeat(21).padEnd(22, 'A'))
    this.#partitionCounts.set(name, partitionCount)
    if (racks !== undefined) this.#racks.set(name, racks)
  }

  delete(name: string): void {
    this.version += 1
    this.namesVersion = this.version
    this.ids.delete(name)
    this.#partitionCounts.delete(name)
  }

  idOf(name: string): string | undefined {
    return this.ids.get(name)
  }

  nameOf(id: string): string | undefined {
    return [...this.ids].find(([, each]) => each === id)?.[0]
  }

  hasPartition(name: string, partition: number): boolean {
    return this.ids.has(name) && partition >= 0 && partition < this.#countOf(name)
  }

  byName(name: string): GroupTopic | undefined {
    const topicId = this.ids.get(name)
    if (topicId === undefined) return undefined
    const partitionCount = this.#countOf(name)
    const racks = this.#racks.get(name) ?? null
    return {
      name,
      topicId,
      partitionCount,
      racks,
      hash: hashOf(JSON.stringify([name, topicId, partitionCount, racks])),
    }
  }

  byId(id: string): GroupTopic | undefined {
    const name = this.nameOf(id)
    return name === undefined ? undefined : this.byName(name)
  }

  names(): Iterable<string> {
    return this.ids.keys()
  }

  #countOf(name: string): number {
    return this.#partitionCounts.get(name) ?? 4
  }
}

export interface FixedTopic {
  readonly id?: string
  readonly partitionCount?: number
  readonly racks?: readonly (readonly string[])[]
}

function hashOf(text: string): bigint {
  let hash = 7n
  for (const char of text) hash = (hash * 31n + BigInt(char.codePointAt(0) as number)) & 0xff_ffffn
  return hash
}
