/** Loading node:crypto costs milliseconds, which a tool that opens no key store does not owe. */
export function crypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto')
}
