/** JSON files that tools take. */
import { resolve } from 'node:path'
import { FileSystemError } from '@ottla/env'
import type { Io } from '../io.ts'
import { ToolError } from '../options/usage-error.ts'

/** The text of the file. Throws ToolError with `missing` when it cannot be read. */
export function readTextFile(path: string, io: Io, missing = `Unable to read file ${path}`): string {
  try {
    return io.env.files.readFileSync(resolve(io.workingDirectory, path)).toString('utf8')
  } catch (error) {
    if (error instanceof FileSystemError) throw new ToolError(missing)
    throw error
  }
}

/** Undefined: the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The field of an object. Throws ToolError when there is none. */
export function jsonField(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ToolError(`Expected JSON object, received ${JSON.stringify(value)}`)
  }
  const field = (value as Record<string, unknown>)[name]
  if (field === undefined) throw new ToolError(`No such field exists: \`${name}\``)
  return field
}

/** Throws ToolError when it is none. */
export function jsonList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new ToolError(`Expected JSON array, received ${JSON.stringify(value)}`)
  return value
}

/** Throws ToolError when it is none. */
export function jsonText(value: unknown): string {
  if (typeof value !== 'string') throw new ToolError(`Expected \`String\` value, received ${JSON.stringify(value)}`)
  return value
}

/** Throws ToolError when it is none. */
export function jsonLong(value: unknown): number {
  if (!Number.isInteger(value)) throw new ToolError(`Expected \`Long\` value, received ${JSON.stringify(value)}`)
  return value as number
}

/** Throws ToolError when it is none. */
export function jsonInteger(value: unknown): number {
  if (!Number.isInteger(value)) throw new ToolError(`Expected \`Integer\` value, received ${JSON.stringify(value)}`)
  return value as number
}
