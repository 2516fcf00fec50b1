/**
 * Names what a stranger speaks who came to a Kafka port, from the first bytes sent; null when it may be Kafka.
 * Only a hint for the log line: frames are judged by their own rules.
 */
export function foreignProtocol(firstBytes: Buffer): string | null {
  if (firstBytes.length < 4) return null
  const word = firstBytes.toString('latin1', 0, 4)
  if (word === 'HTTP') return 'an HTTP server'
  if (HTTP_WORDS.has(word)) return 'an HTTP request'
  if (word === 'SSH-') return 'an SSH client'
  if (firstBytes[1] === 3 && firstBytes[2]! <= 4) {
    if (firstBytes[0] === 0x16) return 'a TLS client hello (the listener is plaintext)'
    if (firstBytes[0] === 0x15) return 'a TLS alert (the listener is plaintext)'
  }
  return null
}

const HTTP_WORDS = new Set(['GET ', 'POST', 'PUT ', 'HEAD', 'OPTI', 'DELE', 'PATC', 'CONN', 'TRAC', 'PRI '])
