/** Access control lists: who may do what (KIP-11, KIP-140, KIP-290). */
import { ErrorCode } from '@ottla/protocol'
import { CREATE_ACLS, DELETE_ACLS, DESCRIBE_ACLS } from '../apis.ts'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import { BrokerError, throwBrokerError } from '../errors.ts'
import { type AclBinding, type AclFilter, aclKey, bindingOf, wireBinding, wireFilter } from './acl-binding.ts'
import { failed, type Outcome, outcomeOf } from './outcome.ts'
import { checkController } from './topics.ts'

/** Before it there are no prefixes. */
const PATTERNS_SINCE = 1

export class AclsAdmin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** All bindings that fit the filter. */
  async describe(filter: AclFilter = {}, options: CallOptions = {}): Promise<AclBinding[]> {
    const { resources } = await this.#cluster.call(
      {
        target: { kind: 'any' },
        api: DESCRIBE_ACLS,
        init: (version) => withPatterns(version, wireFilter(filter), 'patternTypeFilter'),
        what: 'describe ACLs',
        check: ({ errorCode, errorMessage }) => throwBrokerError(errorCode, errorMessage),
      },
      this.#cluster.context(options),
    )
    return resources.flatMap(({ acls, ...resource }) => acls.map((acl) => bindingOf({ ...resource, ...acl })))
  }

  /** What is there already stays. Outcomes by `aclKey` of the binding. */
  async create(bindings: readonly AclBinding[], options: CallOptions = {}): Promise<Map<string, Outcome<void>>> {
    const { results } = await this.#cluster.call(
      {
        target: { kind: 'controller' },
        api: CREATE_ACLS,
        init: (version) => ({
          creations: bindings.map((binding) => withPatterns(version, wireBinding(binding), 'resourcePatternType')),
        }),
        what: 'create ACLs',
        check: ({ results: answers }) => checkController(answers),
      },
      this.#cluster.context(options),
    )
    return new Map(
      bindings.map((binding, index) => [aclKey(binding), outcomeOf(results[index] ?? NO_ANSWER, {}, () => undefined)]),
    )
  }

  /** Deletes all that fits any of the filters: what was deleted, by filter in the order of the filters. */
  async delete(filters: readonly AclFilter[], options: CallOptions = {}): Promise<Outcome<AclBinding[]>[]> {
    const { filterResults } = await this.#cluster.call(
      {
        target: { kind: 'controller' },
        api: DELETE_ACLS,
        init: (version) => ({
          filters: filters.map((filter) => withPatterns(version, wireFilter(filter), 'patternTypeFilter')),
        }),
        what: 'delete ACLs',
        check: ({ filterResults: answers }) => checkController(answers),
      },
      this.#cluster.context(options),
    )
    return filters.map((_, index) => {
      const result = filterResults[index]
      if (result === undefined) return failed(new BrokerError(ErrorCode.UNKNOWN_SERVER_ERROR))
      const refused = result.matchingAcls.find(({ errorCode }) => errorCode !== ErrorCode.NONE)
      return outcomeOf(refused ?? result, {}, () => result.matchingAcls.map(bindingOf))
    })
  }
}

const NO_ANSWER = { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR }

/** Brokers before Kafka 2.0 know literal names alone. */
function withPatterns<T extends object, K extends keyof T>(version: number, wire: T, field: K): T | Omit<T, K> {
  if (version >= PATTERNS_SINCE) return wire
  const { [field]: _, ...plain } = wire
  return plain
}
