/** A Kafka uuid is 16 bytes, in text 22 characters of base64url. */

/**
 * The uuid of 16 random bytes in text; they become a version 4 uuid, so that none of the reserved ones (zero, one, and the
 * directory ids below 100) can come out. Null when it would start with '-', which command lines take for an option: draw again.
 */
export function uuidFromRandomBytes(bytes: Buffer): string | null {
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const text = bytes.toString('base64url', 0, 16)
  return text.startsWith('-') ? null : text
}
