/** What a topology needs of the cluster's topics, worked out once for each state of either. */
import { groupMetadataHash } from '@ottla/protocol'
import type { GroupTopics } from '../../ports.ts'
import { type ConfiguredTopology, configureTopics } from './configure-topics.ts'
import { requiredTopics, type Topology } from './topology.ts'

export interface TopologyOnCluster {
  /** Over the topics that the topology needs and the cluster has. */
  readonly metadataHash: bigint
  readonly configured: ConfiguredTopology
}

export class ConfiguredTopologyCache {
  #known: (TopologyOnCluster & { readonly topology: Topology; readonly version: number }) | undefined

  of(topology: Topology, topics: GroupTopics): TopologyOnCluster {
    const known = this.#known
    if (known?.topology === topology && known.version === topics.version) return known
    const hashes = new Map<string, bigint>()
    for (const name of requiredTopics(topology)) {
      const topic = topics.byName(name)
      if (topic !== undefined) hashes.set(name, topic.hash)
    }
    const metadataHash = groupMetadataHash(hashes)
    const isUnchanged = known?.topology === topology && known.metadataHash === metadataHash
    const configured = isUnchanged
      ? known.configured
      : configureTopics(topology, { partitionCount: (name) => topics.byName(name)?.partitionCount })
    this.#known = { topology, version: topics.version, metadataHash, configured }
    return this.#known
  }
}
