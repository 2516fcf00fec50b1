/** Which broker coordinates a group or a transactional id: asked for once, forgotten when that broker says that it is not so. */
import { FIND_COORDINATOR } from '../apis.ts'
import { throwBrokerError } from '../errors.ts'
import type { BrokerNode } from '../metadata/cluster-metadata.ts'
import type { CallContext, Cluster } from './cluster.ts'

export type CoordinatorKind = 'group' | 'transaction'

const KEY_TYPES: Readonly<Record<CoordinatorKind, number>> = { group: 0, transaction: 1 }
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
  find(group: string, context: CallContext): Promise<BrokerNode> {
    return this.findOf('group', group, context)
  }

  async findOf(kind: CoordinatorKind, key: string, context: CallContext): Promise<BrokerNode> {
    const known = this.#known.get(memoryKey(kind, key))
    if (known !== undefined) return known
    const keyType = KEY_TYPES[kind]
    const answer = await this.#cluster.call(
      {
        target: { kind: 'any' },
        api: FIND_COORDINATOR,
        init: (version) => (version >= BATCHED_SINCE ? { keyType, coordinatorKeys: [key] } : { keyType, key }),
        maxVersion: MAX_VERSION,
        what: `find the coordinator of ${kind} ${key}`,
        check: (found) => {
          const one = found.coordinators[0] ?? found
          throwBrokerError(one.errorCode, one.errorMessage, kind === 'group' ? { group: key } : {})
        },
      },
      context,
    )
    const { nodeId, host, port } = answer.coordinators[0] ?? answer
    const node = { id: nodeId, host, port, rack: null }
    this.#known.set(memoryKey(kind, key), node)
    return node
  }

  forget(group: string): void {
    this.forgetOf('group', group)
  }

  forgetAll(): void {
    this.#known.clear()
  }

  forgetOf(kind: CoordinatorKind, key: string): void {
    this.#known.delete(memoryKey(kind, key))
  }
}

function memoryKey(kind: CoordinatorKind, key: string): string {
  return `${kind}/${key}`
}
