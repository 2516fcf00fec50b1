/**
 * Sockets of a server that receive into one buffer, as those that connect do: a chunk of 64 KB for each read is garbage outside the heap
 * that has a busy broker collect all the time, which was a third of what it used to take records in.
 *
 * Node lets who connects say where to receive, but not who listens. So the handle of an accepted socket moves to a new one that says it.
 * The handle is not documented: where it is not as expected, the socket stays as it came.
 */
import net from 'node:net'

/** Takes two or three requests of a busy producer at once, and stays in the processor's cache. */
const READ_BYTES = 256 * 1024

interface Handle {
  readonly useUserBuffer?: unknown
}

/** For all sockets: what was read is taken out of it before another one reads. */
let receivedInto: Buffer | null = null
/** What was read last: the beginning of it. */
let view: Buffer = Buffer.alloc(0)

/** The connection of a socket that was just accepted and that nobody listens to yet, as a socket whose chunks are views of one buffer. */
export function receivingInOnePlace(accepted: net.Socket): net.Socket {
  const holder = accepted as unknown as { _handle: Handle | null }
  const handle = holder._handle
  // On Windows a read is under way in its buffer while chunks of others are looked at.
  if (typeof handle?.useUserBuffer !== 'function' || process.platform === 'win32') return accepted
  holder._handle = null
  receivedInto ??= Buffer.allocUnsafeSlow(READ_BYTES)
  const all = receivedInto
  const options = {
    handle,
    allowHalfOpen: accepted.allowHalfOpen,
    onread: {
      buffer: receivedInto,
      callback: (bytes: number) => {
        // Who sends small requests sends many of the same size.
        if (view.length !== bytes) view = all.subarray(0, bytes)
        socket.emit('data', view)
        return true
      },
    },
  }
  const socket = new net.Socket(options as net.SocketConstructorOpts)
  return socket
}
