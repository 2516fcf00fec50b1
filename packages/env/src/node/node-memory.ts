/** Memory that a program gives back before the garbage collector finds it. */

/**
 * Frees the memory of a buffer that nobody uses any more; afterwards the buffer is empty. A message takes its memory along, and one
 * that nobody can receive is dropped where it is sent. (ArrayBuffer.prototype.transfer would say it, but Node 20 has none.)
 */
export function discardMemory(buffer: Buffer): void {
  const memory = buffer.buffer
  if (memory instanceof ArrayBuffer) deadPort().postMessage(null, [memory])
}

let port: InstanceType<typeof MessageChannel>['port1'] | undefined

function deadPort(): InstanceType<typeof MessageChannel>['port1'] {
  if (port === undefined) {
    port = new MessageChannel().port1
    port.close()
  }
  return port
}

const BLOCK_BYTES = 1 << 20

/**
 * Whether each block of a megabyte is mapped by itself: then it costs nothing until it is touched, and goes back to the system as a whole. glibc does
 * so when it was told from which size on; otherwise it keeps blocks as large as one that was freed once, and a new block is an old one.
 */
export function isNewMemoryUntouched(environment: NodeJS.ProcessEnv): boolean {
  const threshold = Number(environment['MALLOC_MMAP_THRESHOLD_'] ?? Number.NaN)
  return threshold <= BLOCK_BYTES
}
