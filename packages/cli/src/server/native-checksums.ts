/** The native code of checksums, in the memory of a server. */
import { loadNativeCrc32c } from '@ottla/protocol'

/**
 * Loads it, which takes some milliseconds. It brings an allocator of its own, mimalloc, which has the kernel back its first bytes with a
 * huge page: 2 MB for the few hundred bytes that it needs. Not so unless the environment says otherwise; it looks when it is loaded.
 */
export function loadNativeChecksums(): void {
  process.env['MIMALLOC_ALLOW_THP'] ??= '0'
  loadNativeCrc32c()
}
