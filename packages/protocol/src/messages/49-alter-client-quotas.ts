/**
 * 49 AlterClientQuotas, versions 0–1, flexible from 1. Sets and removes client quotas.
 */

import { array, bool, float64, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const AlterClientQuotasRequest = request(
  { key: 49, name: 'AlterClientQuotasRequest', versions: '0-1', flexible: '1+' },
  () => ({
    entries: array(
      struct({
        entity: array(
          struct({
            entityType: string(),
            entityName: string({ nullable: '0+' }),
          }),
        ),
        ops: array(
          struct({
            key: string(),
            value: float64(),
            remove: bool(),
          }),
        ),
      }),
    ),
    validateOnly: bool(),
  }),
)
export type AlterClientQuotasRequest = Value<typeof AlterClientQuotasRequest>

export const AlterClientQuotasResponse = response(
  { key: 49, name: 'AlterClientQuotasResponse', versions: '0-1', flexible: '1+' },
  () => ({
    throttleTimeMs: int32(),
    entries: array(
      struct({
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
        entity: array(
          struct({
            entityType: string(),
            entityName: string({ nullable: '0+' }),
          }),
        ),
      }),
    ),
  }),
)
export type AlterClientQuotasResponse = Value<typeof AlterClientQuotasResponse>
