/**
 * The key of a control record, behind two bytes of version: which kind it is. Version 0, never flexible.
 */

import { int16 } from '../../schema/field.ts'
import { data, type Value } from '../../schema/schema.ts'

export const ControlRecordTypeSchema = data({ name: 'ControlRecordTypeSchema', versions: '0' }, () => ({
  type: int16(),
}))
export type ControlRecordTypeSchema = Value<typeof ControlRecordTypeSchema>
