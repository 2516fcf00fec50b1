import { FileSystemError } from '../file-system.ts'

/** Node's error as the port's. Errors that are not errno's (a bug in an argument) are passed on as they are. */
function fileSystemError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof FileSystemError) return error
  const { code, syscall } = error as NodeJS.ErrnoException
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error
  return new FileSystemError(code, path, `${syscall ?? 'operation'} on ${path} failed: ${code}`, error)
}

/** Runs a synchronous call with its errors mapped. */
export function sync<T>(path: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw fileSystemError(error, path)
  }
}

/** Runs a call with a callback as a promise with its errors mapped. */
export function async<T>(path: string, call: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error) reject(fileSystemError(error, path))
      else resolve(value as T)
    })
  })
}
