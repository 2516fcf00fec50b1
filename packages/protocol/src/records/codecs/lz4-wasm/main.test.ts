import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LZ4_MODULE } from '../lz4-module.ts'
import { lz4Program } from './main.ts'

test('the WebAssembly of lz4 is what its program says; if not: npm run build -- --wasm', () => {
  assert.equal(LZ4_MODULE, Buffer.from(lz4Program()).toString('base64'))
})
