import { equal, match } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runTool } from '../test-io.test.ts'

const storage = (...argv: string[]) => runTool('kafka-storage', argv)
const ID = 'CVeS4pm2Q3Gogya_evghDA'

function settings(t: TestContext): { folder: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-storage-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'server.properties')
  writeFileSync(file, `node.id=1\nlog.dirs=${folder}/a,${folder}/b\n`)
  return { folder, file }
}

test('folders are formatted once, skipped when asked for, and refused under another cluster id', async (t) => {
  const { folder, file } = settings(t)
  const first = await storage('format', '-c', file, '-t', ID, '--release-version', '4.3')
  equal(first.code, 0)
  match(first.out, /^Bootstrap metadata: .*featureLevel=30.*\n/)
  match(first.out, new RegExp(`^Formatting metadata directory ${folder}/a with metadata.version 4.3-IV0.$`, 'm'))
  match(first.out, new RegExp(`^Formatting data directory ${folder}/b with metadata.version 4.3-IV0.$`, 'm'))
  const again = await storage('format', '--config', file, '--cluster-id', ID)
  equal(again.code, 1)
  match(again.err, /is already formatted. Use --ignore-formatted/)
  const skipped = await storage('format', `--config=${file}`, '-t', ID, '-g')
  equal(skipped.out, 'All of the log directories are already formatted.\n')
  const other = await storage('format', '-c', file, '-t', 'AAAAAAAAAAAAAAAAAAAAAQ', '-g')
  equal(other.code, 1)
  match(other.err, /Invalid cluster.id in: .*meta.properties. Expected AAAAAAAAAAAAAAAAAAAAAQ, but read CVeS/)
})

test('info tells folders, identity and problems', async (t) => {
  const { folder, file } = settings(t)
  const before = await storage('info', '-c', file)
  equal(before.code, 1)
  equal(before.out, `Found problems:\n  ${folder}/a does not exist\n  ${folder}/b does not exist\n\n`)
  await storage('format', '-c', file, '-t', ID)
  const after = await storage('info', '-c', file)
  equal(after.code, 0)
  match(after.out, new RegExp(`^Found log directories:\n  ${folder}/a\n  ${folder}/b\n\n`))
  match(after.out, new RegExp(`Found metadata: {cluster.id=${ID}, directory.id=[\\w-]{22}, node.id=1, version=1}`))
})

test('ids, versions and the words for a wrong command line', async () => {
  match((await storage('random-uuid')).out, /^[\w-]{22}\n$/)
  match((await storage('version-mapping', '-r', '4.0')).out, /^metadata.version=25 \(4.0\)\nkraft.version=1\n/)
  equal((await storage('feature-dependencies', '-f', 'group.version=1')).out, 'group.version=1 has no dependencies.\n')
  match((await storage()).err, /kafka-storage: error: too few arguments\n$/)
  match((await storage('bogus')).err, /invalid\s+choice:\s+'bogus'/)
  match((await storage('format')).err, /argument --config\/-c is required/)
})
