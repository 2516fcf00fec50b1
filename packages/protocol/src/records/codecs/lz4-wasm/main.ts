/**
 * The module of WebAssembly that packs and unpacks blocks of LZ4: sequences of literals and of copies from up to 64 KB before.
 *
 * A sequence is a token (four bits of literal length, four of match length less 4), more length bytes while a length is 15 and each
 * byte 255, the literals, and a little-endian distance. The last sequence of a block has literals only.
 *
 * No function checks an address: who calls has made the memory large enough, with SLACK_BYTES behind all that may be read or written,
 * since both go on by whole words of 16 bytes. `npm run build -- --wasm` writes the module into lz4-module.ts; nothing else runs this.
 */

import { moduleOf } from './assembler.ts'
import { compressBlock } from './compress-block.ts'
import { decompressBlock } from './decompress-block.ts'
import { INITIAL_PAGES, MAX_PAGES } from './layout.ts'

export function lz4Program(): Uint8Array {
  return moduleOf({
    memory: { initialPages: INITIAL_PAGES, maxPages: MAX_PAGES },
    functions: [compressBlock(), decompressBlock()],
  })
}
