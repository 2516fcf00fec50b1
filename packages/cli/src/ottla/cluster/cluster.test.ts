import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { ottlaWithBroker } from '../test-ottla.test.ts'

test('the cluster is shown at a glance, by broker and by feature', async (t) => {
  const { run, bootstrap } = await ottlaWithBroker(t)
  await run('topic create orders -p 2')
  const info = JSON.parse((await run('cluster info --json')).out)
  deepEqual(
    { ...info, clusterId: '' },
    {
      clusterId: '',
      controller: 1,
      servers: bootstrap,
      brokers: 1,
      topics: 1,
      partitions: 2,
      offlinePartitions: 0,
      underReplicatedPartitions: 0,
      groups: 0,
    },
  )
  match((await run('cluster info')).out, /\nTopics {3}1 with 2 partitions\n[\s\S]*\nHealth {3}ok\n$/)
  const [broker] = JSON.parse((await run('cluster brokers --json')).out)
  equal(`${broker.host}:${broker.port}`, bootstrap)
  deepEqual([broker.id, broker.isController, broker.isFenced, broker.leaders, broker.replicas], [1, true, false, 2, 2])
  match((await run('cluster features')).out, /\ngroup\.version +1 {2}0-1\n/)
})
