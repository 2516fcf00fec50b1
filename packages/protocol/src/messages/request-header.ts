/**
 * Stands before every request. Versions 0–2, flexible from 2.
 */

import { int16, int32, string } from '../schema/field.ts'
import { header, type Value } from '../schema/schema.ts'

export const RequestHeader = header({ name: 'RequestHeader', versions: '0-2', flexible: '2+' }, () => ({
  requestApiKey: int16(),
  requestApiVersion: int16(),
  correlationId: int32(),
  clientId: string({ versions: '1+', nullable: '0+', flexible: 'none' }),
}))
export type RequestHeader = Value<typeof RequestHeader>
