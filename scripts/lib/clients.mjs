/** Where the real-client tier keeps what it installed, and which Java releases it runs. */
import { join } from 'node:path'
import { root } from './workspace.mjs'

/** Profiles of tests/clients/java/pom.xml. `classes`: compile our programs against it; `groups`: those about consumer groups and share groups too. `tools`: main classes of the quick start. */
export const javaProfiles = {
  latest: {
    version: '4.3.1',
    classes: true,
    groups: true,
    tools: {
      topics: 'org.apache.kafka.tools.TopicCommand',
      producer: 'org.apache.kafka.tools.ConsoleProducer',
      consumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
      producerBootstrap: '--bootstrap-server',
    },
  },
  v44: { version: '4.4.0', classes: true, groups: true },
  v24: {
    version: '2.4.1',
    classes: true,
    tools: {
      topics: 'kafka.admin.TopicCommand',
      producer: 'kafka.tools.ConsoleProducer',
      consumer: 'kafka.tools.ConsoleConsumer',
      producerBootstrap: '--broker-list',
    },
  },
}

export function cacheOf(name) {
  return join(root, '.cache', 'clients', name)
}

export function classPath(profile) {
  return `${join(cacheOf(`java-${profile}`), 'classes')}:${join(cacheOf(`java-${profile}`), 'jars', '*')}`
}

/** tests/clients/spring: Spring for Apache Kafka, with our program beside it. */
export const springVersion = '4.0.1'
export const springClassPath = `${join(cacheOf('spring'), 'classes')}:${join(cacheOf('spring'), 'jars', '*')}`
