/**
 * DescribeClientQuotas (key 48), versions 0 and 1.
 *
 * Quotas of the entities that match: by name, by default, or any name of a type. A strict filter takes no entity that has parts of other
 * types too.
 */
import { type ClientQuotaEntity, partsOf, QuotaEntityType } from '@ottla/metadata'
import { ApiError, DescribeClientQuotasRequest, DescribeClientQuotasResponse, ErrorCode } from '@ottla/protocol'
import { defineApi } from './handler.ts'

const MatchType = { EXACT: 0, DEFAULT: 1, SPECIFIED: 2 } as const
const TYPES: readonly string[] = Object.values(QuotaEntityType)

type Component = DescribeClientQuotasRequest['components'][number]

export const describeClientQuotas = defineApi({
  key: 48,
  request: DescribeClientQuotasRequest,
  response: DescribeClientQuotasResponse,
  handle({ broker: { image } }, { components, strict }) {
    checkFilter(components)
    const found = [...image.clientQuotas.all()].filter(
      ({ entity }) =>
        components.every((component) => isMatch(entity, component)) && (!strict || entity.size === components.length),
    )
    const entries = found.map(({ entity, values }) => ({
      entity: partsOf(entity),
      values: Array.from(values, ([key, value]) => ({ key, value })),
    }))
    return { errorMessage: '', entries }
  },
  onError: (_context, _request, { code, message }) => ({ errorCode: code, errorMessage: message, entries: null }),
})

function isMatch(entity: ClientQuotaEntity, { entityType, matchType, match }: Component): boolean {
  const name = entity.get(entityType)
  if (name === undefined) return false
  if (matchType === MatchType.EXACT) return name === match
  return matchType === MatchType.SPECIFIED || name === null
}

function checkFilter(components: readonly Component[]): void {
  const seen = new Set<string>()
  for (const { entityType, matchType, match } of components) {
    if (entityType === '') refuse('Invalid empty entity type.')
    if (seen.has(entityType)) refuse(`Entity type ${entityType} cannot appear more than once in the filter.`)
    if (!TYPES.includes(entityType)) {
      throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, `Unsupported entity type ${entityType}`)
    }
    seen.add(entityType)
    if (matchType === MatchType.EXACT) {
      if (match === null) refuse('Request specified MATCH_TYPE_EXACT, but set match string to null.')
    } else if (matchType === MatchType.DEFAULT || matchType === MatchType.SPECIFIED) {
      const word = matchType === MatchType.DEFAULT ? 'DEFAULT' : 'SPECIFIED'
      if (match !== null) refuse(`Request specified MATCH_TYPE_${word}, but also specified a match string.`)
    } else refuse(`Unknown match type ${matchType}`)
  }
  if (seen.has(QuotaEntityType.IP) && seen.size > 1) {
    refuse(
      'Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.',
    )
  }
}

function refuse(message: string): never {
  throw new ApiError(ErrorCode.INVALID_REQUEST, message)
}
