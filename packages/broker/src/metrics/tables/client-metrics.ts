/** What clients tell of themselves (KIP-714). */
import { type MetricRow, plain } from '../metric-row.ts'

export const CLIENT_METRICS: readonly MetricRow[] = [
  plain(
    'gauge',
    'ottla_client_metrics_instances',
    'Clients that asked what they are to tell of themselves.',
    (source) => {
      return source.broker.telemetry.instanceCount
    },
  ),
  plain('counter', 'ottla_client_metrics_pushes_total', 'Payloads of metrics that clients sent.', (source) => {
    return source.broker.telemetry.pushes
  }),
  {
    name: 'ottla_client_metric',
    kind: 'gauge',
    labels: [
      'client_instance_id',
      'client_id',
      'client_software_name',
      'client_software_version',
      'metric',
      'attributes',
    ],
    help: 'The newest value of each metric that a client sent. Which are sent, client metrics resources say (kafka-client-metrics.sh).',
    read: ({ broker }, sink) => {
      for (const { attributes: client, samples } of broker.telemetry.samples()) {
        const labels = [client.client_instance_id, client.client_id, client.client_software_name]
        for (const { metric, attributes, value } of samples) {
          sink.value(value, ...labels, client.client_software_version, metric, attributes)
        }
      }
    },
  },
]
