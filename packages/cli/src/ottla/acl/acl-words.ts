/** Access control lists as they are written on the command line: `billing`, `topic/orders`, `topic/shop.*`, `read`. */
import type { AclBinding, AclFilter, AclOperation } from '@ottla/client'
import { CLUSTER_RESOURCE } from '@ottla/client'
import { didYouMean } from '../did-you-mean.ts'
import type { Column } from '../screen/table.ts'
import { UsageProblem } from '../usage-problem.ts'

const RESOURCES: Readonly<Record<string, AclBinding['resourceType']>> = {
  topic: 'TOPIC',
  group: 'GROUP',
  cluster: 'CLUSTER',
  'transactional-id': 'TRANSACTIONAL_ID',
  'delegation-token': 'DELEGATION_TOKEN',
  user: 'USER',
}

/** What producers and consumers need of a topic. */
const ROLES: Readonly<Record<string, readonly AclBinding['operation'][]>> = {
  produce: ['WRITE', 'DESCRIBE', 'CREATE'],
  consume: ['READ', 'DESCRIBE'],
}

export const OPERATION_WORDS: readonly string[] = [
  ...Object.keys(ROLES),
  'all',
  'read',
  'write',
  'create',
  'delete',
  'alter',
  'describe',
  'describe-configs',
  'alter-configs',
  'cluster-action',
  'idempotent-write',
]

export interface AclResource {
  readonly resourceType: AclBinding['resourceType']
  readonly resourceName: string
  readonly patternType: AclBinding['patternType']
}

/** A name alone is a user's. */
export function principalOf(text: string): string {
  return text.includes(':') ? text : `User:${text}`
}

/** `topic/orders`; `topic/shop.*` for all that begin so; `topic/*` for all; `cluster`. Throws {@link UsageProblem}. */
export function resourceOf(text: string): AclResource {
  const slash = text.indexOf('/')
  const word = slash === -1 ? text : text.slice(0, slash)
  const name = slash === -1 ? '' : text.slice(slash + 1)
  const resourceType = RESOURCES[word]
  if (resourceType === undefined) {
    throw new UsageProblem(
      `'${text}' is no resource: ${Object.keys(RESOURCES).join('/NAME, ')}/NAME, or cluster.${didYouMean(word, Object.keys(RESOURCES))}`,
    )
  }
  if (resourceType === 'CLUSTER') return { resourceType, resourceName: CLUSTER_RESOURCE, patternType: 'LITERAL' }
  if (name === '') throw new UsageProblem(`which ${word}? ${word}/NAME, ${word}/PREFIX*, or ${word}/* for all`)
  const isPrefix = name.length > 1 && name.endsWith('*')
  return {
    resourceType,
    resourceName: isPrefix ? name.slice(0, -1) : name,
    patternType: isPrefix ? 'PREFIXED' : 'LITERAL',
  }
}

/** Throws {@link UsageProblem}. */
export function operationsOf(words: readonly string[]): AclBinding['operation'][] {
  const found = words.flatMap((word) => {
    const lower = word.toLowerCase().replaceAll('_', '-')
    if (!OPERATION_WORDS.includes(lower)) {
      throw new UsageProblem(
        `'${word}' is no operation: ${OPERATION_WORDS.join(', ')}.${didYouMean(lower, OPERATION_WORDS)}`,
      )
    }
    return ROLES[lower] ?? [lower.toUpperCase().replaceAll('-', '_') as Exclude<AclOperation, 'ANY'>]
  })
  return [...new Set(found)]
}

export function filterOf(principal: string | undefined, resource: string | undefined): AclFilter {
  return {
    ...(principal === undefined ? {} : { principal: principalOf(principal) }),
    ...(resource === undefined ? {} : resourceOf(resource)),
  }
}

/** `topic/shop.*`, as {@link resourceOf} reads it. */
export function resourceText({ resourceType, resourceName, patternType }: AclResource): string {
  const word = Object.entries(RESOURCES).find(([, type]) => type === resourceType)?.[0] ?? resourceType.toLowerCase()
  if (resourceType === 'CLUSTER') return word
  return `${word}/${resourceName}${patternType === 'PREFIXED' ? '*' : ''}`
}

export const ACL_COLUMNS: readonly Column<AclBinding>[] = [
  {
    title: 'PRINCIPAL',
    text: ({ principal }) => principal,
    isFlexible: true,
    paint: (text, _, { cyan }) => cyan(text),
  },
  { title: 'RESOURCE', text: resourceText, isFlexible: true },
  { title: 'OPERATION', text: ({ operation }) => operation.toLowerCase() },
  {
    title: 'PERMISSION',
    text: ({ permission }) => permission.toLowerCase(),
    paint: (text, { permission }, { red, green }) => (permission === 'DENY' ? red(text) : green(text)),
  },
  { title: 'HOST', text: ({ host }) => host },
]

export function sorted(bindings: readonly AclBinding[]): AclBinding[] {
  const key = (binding: AclBinding) =>
    `${binding.principal} ${resourceText(binding)} ${binding.operation} ${binding.permission}`
  return [...bindings].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
