/** What an error of the file system means for a log. */
import { FileSystemError } from '@ottla/env'
import { LogError } from './log-error.ts'

/** The file's contents are as before, and a later attempt may succeed. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR', 'EFBIG'])

export function isPassing(error: unknown): boolean {
  return error instanceof FileSystemError && PASSING.has(error.code)
}

export function isMissing(error: unknown): boolean {
  return error instanceof FileSystemError && error.code === 'ENOENT'
}

/** An error after which the log cannot be used. Errors that are no failures of the file system are bugs and go on up. */
export function offlineError(what: string, error: unknown): LogError {
  if (error instanceof LogError) return error
  if (!(error instanceof FileSystemError)) throw error
  return new LogError('OFFLINE', `${what}: ${error.message}`, error)
}
