/**
 * Short strings between JavaScript and UTF-8. Topic names, member ids and hosts are nearly always a few dozen ASCII characters: for
 * those a loop is faster than the call into the runtime. Anything else takes the runtime's own coder.
 */

const SHORT = 32

/** Bytes of `text` in UTF-8. */
export function utf8Bytes(text: string): number {
  const length = text.length
  if (length > SHORT) return Buffer.byteLength(text)
  for (let index = 0; index < length; index++) {
    if (text.charCodeAt(index) > 0x7f) return Buffer.byteLength(text)
  }
  return length
}

/** Writes `text` at `position`, where three bytes per character have been made free; gives the bytes written. */
export function writeUtf8(buffer: Buffer, position: number, text: string): number {
  const length = text.length
  if (length > SHORT) return buffer.write(text, position)
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index)
    if (code > 0x7f) return buffer.write(text, position)
    buffer[position + index] = code
  }
  return length
}

/** Reads the bytes from `start` to `end`. What is no UTF-8 becomes U+FFFD. */
export function readUtf8(buffer: Buffer, start: number, end: number): string {
  if (end - start > 16) return buffer.toString('utf8', start, end)
  let text = ''
  for (let index = start; index < end; index++) {
    const byte = buffer[index]!
    if (byte > 0x7f) return buffer.toString('utf8', start, end)
    text += String.fromCharCode(byte)
  }
  return text
}
