/**
 * Stands before every response. Versions 0–1, flexible from 1.
 */

import { int32 } from '../schema/field.ts'
import { header, type Value } from '../schema/schema.ts'

export const ResponseHeader = header({ name: 'ResponseHeader', versions: '0-1', flexible: '1+' }, () => ({
  correlationId: int32(),
}))
export type ResponseHeader = Value<typeof ResponseHeader>
