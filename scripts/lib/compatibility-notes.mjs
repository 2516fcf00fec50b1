/** What stands in docs/compatibility.md and no run finds out by itself. */
export const COMPATIBILITY_NOTES = `## APIs

Every API that a broker of Kafka 4.4 offers is offered here, at the same versions (docs/apis.md). What is off answers as it does in Kafka:

- rules of access without an authorizer: SECURITY_DISABLED; logins and delegation tokens on a listener without them: ILLEGAL_SASL_STATE and
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED. SCRAM credentials are kept and described all the same.
- voters that join and leave: UNSUPPORTED_VERSION, as at kraft.version 0. The quorum is this node.
- descriptions of topologies of streams groups: UNSUPPORTED_VERSION, as without a plugin.
- telemetry of clients is offered, since there is somebody to take it: what clients push is shown at /metrics. Clients are asked for running
  totals, not for differences. ottla.client.metrics.enable=false hides it, as Kafka does without a receiver.

What is different, and meant to be:

- request_percentage counts the time that requests take of the one event loop: 100 is all of it. Names of hosts are not looked up for quotas of
  addresses: they are addresses, or localhost.
- A rate of changes of the metadata that is set for a client id is kept too; Kafka 4.3 keeps that of users alone.
- listeners and listener.security.protocol.map change with a restart only. Sizes of thread pools are judged by Kafka's
  rules and have no effect.
- Levels of loggers are those of this broker's loggers (kafka-configs.sh --entity-type broker-loggers lists them), and OFF is no level, as in Kafka.`
