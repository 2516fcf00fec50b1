/** An environment that counts what a broker asks of the system: calls, not time, so that they do not vary. Holds no tests. */
import type { ByteStream, FileHandle } from '@ottla/env'
import type { NodeEnv } from '@ottla/env/node'

/** Calls so far. One is one system call, but for a write to a socket that is full, which takes more. */
export class SystemCalls {
  fileWrites = 0
  fileReads = 0
  /** Bytes that were asked for. */
  fileReadBytes = 0
  fileSyncs = 0
  /** To files of any kind. */
  fileBytesWritten = 0
  socketWrites = 0
  /** Chunks that came in: each was read in one call. */
  socketReads = 0

  /** Bytes of each write to a socket, in order. Not of `during`. */
  readonly socketWriteBytes: number[] = []

  /** Syncs under way, and the most at a time since it was set. Not of `during`. */
  readonly syncing = { now: 0, most: 0 }

  /** What was called while `work` ran. */
  async during(work: () => Promise<unknown>): Promise<SystemCalls> {
    const before = { ...this }
    await work()
    const calls = new SystemCalls()
    for (const key of Object.keys(before) as (keyof typeof before)[]) {
      if (typeof before[key] === 'number') Object.assign(calls, { [key]: (this[key] as number) - before[key] })
    }
    return calls
  }
}

/** The environment, counted. Files are counted by their handles: what is written whole (checkpoints) is not on the path of the data, but its bytes count. */
export function countedEnv(env: NodeEnv, calls: SystemCalls): NodeEnv {
  const { files, network } = env
  return {
    ...env,
    files: overriding(files, {
      openSync: (path, mode) => countedFile(files.openSync(path, mode), calls),
      writeFile(path, data) {
        calls.fileBytesWritten += data.length
        return files.writeFile(path, data)
      },
    }),
    network: overriding(network, {
      listen: (address, accept) => network.listen(address, (stream) => accept(countedStream(stream, calls))),
    }),
  }
}

/** The object with some of its methods replaced, whatever its class; `wrapped` gives what is set in place of what somebody sets. */
function overriding<T extends object>(
  target: T,
  replaced: Partial<T>,
  wrapped: (key: string | symbol, value: unknown) => unknown = (_key, value) => value,
): T {
  return new Proxy(target, {
    get(object, key) {
      if (key in replaced) return replaced[key as keyof T]
      const value: unknown = Reflect.get(object, key, object)
      return typeof value === 'function' ? value.bind(object) : value
    },
    set: (object, key, value) => Reflect.set(object, key, wrapped(key, value), object),
  })
}

function countedFile(file: FileHandle, calls: SystemCalls): FileHandle {
  return overriding(file, {
    writevSync(buffers, position) {
      calls.fileWrites += 1
      calls.fileBytesWritten += bytesOf(buffers)
      return file.writevSync(buffers, position)
    },
    writev(buffers, position) {
      calls.fileWrites += 1
      calls.fileBytesWritten += bytesOf(buffers)
      return file.writev(buffers, position)
    },
    readSync(target, targetOffset, length, position) {
      calls.fileReads += 1
      calls.fileReadBytes += length
      return file.readSync(target, targetOffset, length, position)
    },
    read(target, targetOffset, length, position) {
      calls.fileReads += 1
      calls.fileReadBytes += length
      return file.read(target, targetOffset, length, position)
    },
    dataSync() {
      calls.fileSyncs += 1
      const { syncing } = calls
      syncing.most = Math.max(syncing.most, ++syncing.now)
      return file.dataSync().finally(() => {
        syncing.now -= 1
      })
    },
  })
}

function bytesOf(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0)
}

function countedStream(stream: ByteStream, calls: SystemCalls): ByteStream {
  const write: ByteStream['write'] = (buffers, flushed) => {
    calls.socketWrites += 1
    calls.socketWriteBytes.push(bytesOf(buffers))
    return stream.write(buffers, flushed)
  }
  return overriding(stream, { write }, (key, value) => {
    if (key !== 'onData') return value
    return (chunk: Buffer): void => {
      calls.socketReads += 1
      ;(value as ByteStream['onData'])(chunk)
    }
  })
}
