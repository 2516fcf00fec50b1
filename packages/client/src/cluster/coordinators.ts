/** Which broker coordinates a group: asked for once, forgotten when that broker says that it is not so. */
import { FIND_COORDINATOR } from '../apis.ts'
import { throwBrokerError } from '../errors.ts'
import type { BrokerNode } from '../metadata/cluster-metadata.ts'
import type { CallContext, Cluster } from './cluster.ts'

const GROUP = 0
/** From this version on several keys are asked for in one request. */
const BATCHED_SINCE = 4
/** Version 6 is for share groups. */
const MAX_VERSION = 5

export class Coordinators {
  readonly #cluster: Cluster
  readonly #known = new Map<string, BrokerNode>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** The coordinator of the group, from memory or from any broker. */
  async find(group: string, context: CallContext): Promise<BrokerNode> {
    const known = this.#known.get(group)
    if (known !== undefined) return known
    const answer = await this.#cluster.call(
      {
        target: { kind: 'any' },
        api: FIND_COORDINATOR,
        init: (version) =>
          version >= BATCHED_SINCE ? { keyType: GROUP, coordinatorKeys: [group] } : { keyType: GROUP, key: group },
        maxVersion: MAX_VERSION,
        what: `find the coordinator of group ${group}`,
        check: (found) => {
          const one = found.coordinators[0] ?? found
          throwBrokerError(one.errorCode, one.errorMessage, { group })
        },
      },
      context,
    )
    const { nodeId, host, port } = answer.coordinators[0] ?? answer
    const node = { id: nodeId, host, port, rack: null }
    this.#known.set(group, node)
    return node
  }

  forget(group: string): void {
    this.#known.delete(group)
  }
}
