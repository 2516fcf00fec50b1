/** Topologies in few words. */
import type { Topology } from '../topology.ts'

export interface Part {
  readonly sources?: readonly string[]
  /** Topics that the subtopology writes for another one to read. */
  readonly sinks?: readonly string[]
  /** Topics that it reads so, with the partitions that the topology wants; 0: as it comes. */
  readonly repartitions?: readonly (string | readonly [string, number])[]
  readonly changelogs?: readonly string[]
  readonly copartitioned?: readonly {
    readonly sources?: readonly number[]
    readonly repartitions?: readonly number[]
  }[]
}

export function topologyWith(parts: Readonly<Record<string, Part>>, epoch = 0): Topology {
  const topic = (name: string, partitions: number) => ({ name, partitions, replicationFactor: 0, topicConfigs: [] })
  return {
    epoch,
    subtopologies: Object.entries(parts).map(([subtopologyId, part]) => ({
      subtopologyId,
      sourceTopics: [...(part.sources ?? [])],
      sourceTopicRegex: [],
      stateChangelogTopics: (part.changelogs ?? []).map((name) => topic(name, 0)),
      repartitionSinkTopics: [...(part.sinks ?? [])],
      repartitionSourceTopics: (part.repartitions ?? []).map((each) =>
        typeof each === 'string' ? topic(each, 0) : topic(each[0], each[1]),
      ),
      copartitionGroups: (part.copartitioned ?? []).map(({ sources = [], repartitions = [] }) => ({
        sourceTopics: [...sources],
        sourceTopicRegex: [],
        repartitionSourceTopics: [...repartitions],
      })),
    })),
  }
}

/** The topologies of the scripts, by name. */
export const TOPOLOGIES: Readonly<Record<string, Readonly<Record<string, Part>>>> = {
  /** Reads t, has no state. */
  plain: { '0': { sources: ['t'] } },
  /** Reads t, and keeps what it makes of it. */
  stateful: { '0': { sources: ['t'], changelogs: ['store'] } },
  /** A word count. */
  words: { '0': { sources: ['t'], sinks: ['by-word'] }, '1': { repartitions: ['by-word'], changelogs: ['counts'] } },
  /** Joins two topics. */
  join: { '0': { sources: ['t', 'u'], copartitioned: [{ sources: [0, 1] }] } },
}
