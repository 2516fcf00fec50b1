import { deepEqual, equal, match } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ottlaWithBroker, temporaryFolder } from '../test-ottla.test.ts'

test('what is piped into produce comes out of consume, keys and headers too', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create orders -p 1')
  deepEqual(await run("produce orders -K ':' -H type=order", { stdin: 'a:{"n":1}\nb:{"n":2}\nc:\n' }), {
    code: 0,
    out: '',
    err: '',
  })
  equal((await run('consume orders -e')).out, '{"n":1}\n{"n":2}\n\n')
  equal((await run("consume orders -e -K '=' -D ';'")).out, 'a={"n":1};b={"n":2};c=;')
  equal(
    (await run("consume orders -e -f '%t %p %o %k %s %K %S %h\\n' -c 1")).out,
    'orders 0 0 a {"n":1} 1 7 type=order\n',
  )
  const [first] = (await run('consume orders -e --json')).out.split('\n')
  const { timestamp, ...rest } = JSON.parse(first!)
  equal(typeof timestamp, 'number')
  deepEqual(rest, {
    topic: 'orders',
    partition: 0,
    offset: 0,
    timestampType: 'CreateTime',
    key: 'a',
    value: '{"n":1}',
    headers: [{ key: 'type', value: 'order' }],
  })
  deepEqual(JSON.parse((await run('consume orders -e -J -c 1')).out), {
    topic: 'orders',
    partition: 0,
    offset: 0,
    tstype: 'create',
    ts: timestamp,
    headers: ['type', 'order'],
    key: 'a',
    payload: '{"n":1}',
  })
})

test('a record is sent with key, partition, time, codec and header, and told where it is', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create orders -p 3')
  const sent = await run('produce orders -k a -m one -m two -p 2 --timestamp 1700000000000 -z zstd:3 --json')
  equal(
    sent.out,
    '{"topic":"orders","partition":2,"offset":0,"timestamp":1700000000000}\n{"topic":"orders","partition":2,"offset":1,"timestamp":1700000000000}\n',
  )
  equal((await run("consume orders -e -f '%p %T %k %s\\n'")).out, '2 1700000000000 a one\n2 1700000000000 a two\n')
  match((await run('produce orders -z zst -m x')).err, /Did you mean zstd\?/)
})

test('files are sent by the line or as they are, bytes that are no text too', async (t) => {
  const { run } = await ottlaWithBroker(t)
  const workingDirectory = temporaryFolder(t)
  writeFileSync(join(workingDirectory, 'lines'), 'a\nb')
  writeFileSync(join(workingDirectory, 'bytes'), Buffer.from([0, 255, 10]))
  await run('produce files lines --create', { workingDirectory })
  await run('produce files --whole bytes', { workingDirectory })
  await run('produce files --whole -', { workingDirectory, stdin: 'a\nb\n' })
  equal((await run("consume files -e -f '%S '")).out, '1 1 3 4 ')
  equal(JSON.parse((await run('consume files -o 2 -c 1 --json')).out).value.base64, 'AP8K')
  match((await run('produce files nothing', { workingDirectory })).err, /nothing cannot be read: there is no such file/)
})

test('consume --json into produce --envelope copies records, nulls, bytes and times', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create from to -p 2')
  await run('produce from -K : -Z -D ;', {
    stdin: Buffer.concat([Buffer.from('a:'), Buffer.from([255]), Buffer.from(';b:;c:x')]),
  })
  const { out } = await run('consume from -e --json')
  equal((await run('produce to --envelope --keep-partitions', { stdin: out })).code, 0)
  const strip = (text: string) => text.replaceAll('"from"', '"to"').split('\n').sort()
  deepEqual(strip((await run('consume to -e --json')).out), strip(out))
  const bad = await run('produce to --envelope', { stdin: '{"value":"a"}\nnonsense\n' })
  equal(bad.code, 1)
  match(bad.err, /^error: line 2: this is no JSON/)
})

test('reading begins and ends where it is told to', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create n -p 1')
  await run('produce n -m 0 --timestamp 1000000')
  await run('produce n -m 1 --timestamp 2000000')
  await run('produce n -m 2 --timestamp 3000000')
  const read = async (options: string) => (await run(`consume n ${options}`)).out.replaceAll('\n', ' ').trim()
  equal(await read('-e'), '0 1 2')
  equal(await read('-e -o 1'), '1 2')
  equal(await read('-e -o -1'), '2')
  equal(await read('-e -o end'), '')
  equal(await read('-c 2'), '0 1')
  equal(await read('-e -o s@2000000'), '1 2')
  equal(await read('-o s@1500000 -o e@3000000'), '1')
  equal(await read('--since 1970-01-01T00:30:00Z -e'), '1 2')
  equal(await read('--until 2500000'), '0 1')
  match((await run('consume n -o middle')).err, /--offset is beginning, end/)
})

test('filters look at value, key, header and fields', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create f -p 1')
  await run('produce f -k user-1 -H kind=a', { stdin: '{"n":1,"s":"Ab"}\n' })
  await run('produce f -k user-2 -H kind=b', { stdin: '{"n":20,"s":"c"}\n' })
  const read = async (options: string) => (await run(`consume f -e -f '%o ' ${options}`)).out.trim()
  equal(await read('--grep "s":"A'), '0')
  equal(await read('--grep a -i --grep b -i'), '0')
  equal(await read("--key 'user-*'"), '0 1')
  equal(await read('--key user-2'), '1')
  equal(await read('--header kind=b'), '1')
  equal(await read('--header kind'), '0 1')
  equal(await read("--where '.n > 3'"), '1')
  equal(await read('--grep nothing'), '')
  match((await run('consume f --grep (')).err, /^error: --grep: /)
})

test('numbers in bytes are read by their format', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create b -p 1')
  const record = {
    key: { base64: Buffer.from([0, 0, 0, 7]).toString('base64') },
    value: { base64: Buffer.from([255, 255, 255, 255, 255, 255, 255, 254]).toString('base64') },
  }
  await run('produce b -J', { stdin: JSON.stringify(record) })
  const read = async (options: string) => (await run(`consume b -e -o -1 -f '%k %s' ${options}`)).out
  equal(await read('-s key=i -s value=q'), '7 -2')
  equal(await read('-s key=I -s value=Q'), '7 18446744073709551614')
  equal(await read("-s 'key=<i' -s 'value=h h i'"), '117440512 -1 -1 -2')
  match((await run('consume b -s z')).err, /is no format of bytes/)
})

test('a member of a group goes on where it stopped', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create g -p 2')
  await run('produce g', { stdin: 'a\nb\n' })
  equal((await run('consume g -G readers -e')).out.length, 4)
  equal((await run('consume g -G readers -e')).out, '')
  await run('produce g -m c')
  equal((await run('consume g -G readers -e')).out, 'c\n')
})

test('tail shows the last records of all partitions in order of time, then what comes', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create l -p 2')
  for (const [at, place] of [1, 0, 1, 0].entries())
    await run(`produce l -m ${at} -p ${place} --timestamp ${1_000_000 + at}`)
  equal((await run('tail l -n 3 -e')).out, '1\n2\n3\n')
  const stop = new AbortController()
  let isSent = false
  const onOut = (text: string) => {
    if (text.includes('4')) stop.abort(new Error('enough'))
    else if (!isSent) {
      isSent = true
      run('produce l -m 4').catch(() => {})
    }
  }
  const followed = await run('tail l -n 1', { signal: stop.signal, onOut })
  deepEqual(followed, { code: 130, out: '3\n4\n', err: '' })
})

test('on a terminal a record has its place, time, key and headers, and cannot steer the terminal', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create p -p 1')
  await run('produce p -k \u001b[2Jkey -m value -H a=b')
  const { out } = await run('consume p -e', { columns: 100, variables: { NO_COLOR: '1' } })
  match(out, /^0:0 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} {2}\\x1b\[2Jkey {2}value {2}\[a=b\]\n$/)
})

test('a mistyped topic is no new topic', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create orders')
  deepEqual(await run('produce ordres -m x'), {
    code: 1,
    out: '',
    err: 'error: there is no topic ordres\nDid you mean orders?\n',
  })
  equal((await run('consume ordres')).code, 1)
  equal((await run("consume 'x*'")).err, 'error: no topic matches x*\n')
})

test('dead letters go back to where they came from, once', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create orders orders.DLT -p 1')
  await run('produce orders.DLT -k a -m one -H kafka_dlt-original-topic=orders')
  await run('produce orders.DLT -k b -m two -H kafka_dlt-original-topic=orders')
  equal((await run('redrive orders.DLT --dry-run')).out, 'Would send 2 records of orders.DLT back\n  2 to orders\n')
  match(
    (await run('redrive orders.DLT')).err,
    /Send the dead letters of orders\.DLT back to where they came from\?\nGive --yes/,
  )
  deepEqual(JSON.parse((await run('redrive orders.DLT --key a --yes --json')).out), {
    from: 'orders.DLT',
    redriven: 1,
    passedBy: 1,
    isComplete: true,
    targets: { orders: 1 },
    isDryRun: false,
  })
  equal((await run('redrive orders.DLT --yes')).out, 'Sent 0 records of orders.DLT back\n')
  equal(
    (await run('redrive orders.DLT --yes --again --key b')).out,
    'Sent 1 record of orders.DLT back, passed 1 by\n  1 to orders\n',
  )
  equal((await run("consume orders -e -f '%k=%s '")).out, 'a=one b=two ')
})
