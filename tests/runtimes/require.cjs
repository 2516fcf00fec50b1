/** CommonJS gets the client by require(). */
const { Kafka, stringCodec, topic } = require('@ottla/client')

const { BOOTSTRAP, PREFIX, RUNTIME } = process.env

async function main() {
  const kafka = new Kafka({ bootstrapServers: BOOTSTRAP })
  const { offset } = await kafka.producer().send({ topic: topic(`${PREFIX}-cjs`, { value: stringCodec }), value: 'x' })
  await kafka.close()
  return offset === 0 ? 'passed' : 'failed'
}

const tell = (outcome, detail) =>
  console.log(JSON.stringify({ client: '@ottla/client', version: RUNTIME, case: 'require()', outcome, detail }))

main().then(
  (outcome) => tell(outcome, ''),
  (error) => tell('failed', String(error)),
)
