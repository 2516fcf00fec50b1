import type { MemberIds } from '@ottla/coordinator'
import type { Random } from '@ottla/env'

export function memberIds(random: Random): MemberIds {
  return {
    nextSuffix: () => hexText(uuidBytes(random)),
    nextUuid: () => {
      // Kafka's tools take a leading dash for an option.
      for (;;) {
        const text = uuidBytes(random).toString('base64url')
        if (!text.startsWith('-')) return text
      }
    },
  }
}

/** Version 4. */
function uuidBytes(random: Random): Buffer {
  const bytes = random.bytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes
}

/** 8-4-4-4-12 hex digits. */
function hexText(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
