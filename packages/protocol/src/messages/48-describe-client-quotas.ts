/**
 * 48 DescribeClientQuotas, versions 0–1, flexible from 1. Describes client quotas.
 */

import { array, bool, float64, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DescribeClientQuotasRequest = request(
  { key: 48, name: 'DescribeClientQuotasRequest', versions: '0-1', flexible: '1+' },
  () => ({
    components: array(
      struct({
        entityType: string(),
        matchType: int8(),
        match: string({ nullable: '0+' }),
      }),
    ),
    strict: bool(),
  }),
)
export type DescribeClientQuotasRequest = Value<typeof DescribeClientQuotasRequest>

export const DescribeClientQuotasResponse = response(
  { key: 48, name: 'DescribeClientQuotasResponse', versions: '0-1', flexible: '1+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    entries: array(
      struct({
        entity: array(
          struct({
            entityType: string(),
            entityName: string({ nullable: '0+' }),
          }),
        ),
        values: array(
          struct({
            key: string(),
            value: float64(),
          }),
        ),
      }),
      { nullable: '0+' },
    ),
  }),
)
export type DescribeClientQuotasResponse = Value<typeof DescribeClientQuotasResponse>
