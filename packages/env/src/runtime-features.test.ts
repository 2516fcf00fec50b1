import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { nodeEnv } from './node/index.ts'
import { nativeZstd } from './runtime-features.ts'

test('zstd of Node is found where Node says that it has it, and round-trips', async () => {
  const zstd = nativeZstd()
  equal(zstd !== undefined, (process.versions as Record<string, string>)['zstd'] !== undefined)
  if (zstd === undefined) return
  const { pool } = nodeEnv()
  const packed = await pool.run('zstd.compress', Buffer.from('abc'), { level: 3 })
  equal((await pool.run('zstd.decompress', packed, { maxBytes: 10 })).toString(), 'abc')
})
