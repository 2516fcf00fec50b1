/** A job of database-jobs.mjs in a process of its own: database-worker.mjs KIND, with the rest in JOB. */
import { Kafka } from '../../../packages/client/dist/index.js'
import { jobs } from './database-jobs.mjs'

const job = JSON.parse(process.env.JOB)
const kafka = new Kafka({ bootstrapServers: job.bootstrap })
await jobs[process.argv[2]](kafka, job)
await kafka.close()
