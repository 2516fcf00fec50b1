package checks;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.StreamsMetadata;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Kafka Streams applications against a started broker: a word count by way of a repartition topic and a store, for each PROTOCOL:GUARANTEE:TITLE among the arguments,
 * while instances come and go and the broker is restarted. Asks for that with lines `restart` and `describe GROUP`, and goes on at the next line of its input.
 */
public final class StreamsChecks {
    private static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
    private static final String PREFIX = System.getenv("PREFIX");
    private static final BufferedReader INPUT = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    private static final int PARTITIONS = 4;

    private static Admin admin;

    public static void main(String[] args) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", BOOTSTRAP);
        admin = Admin.create(config);
        for (String each : args) {
            String[] words = each.split(":");
            run(words[2].replace('_', ' ') + ", group.protocol=" + words[0] + ", " + words[1], () -> {
                new WordCount(words[0], words[1]).check();
                return null;
            });
        }
        System.exit(0);
    }

    /** One application: its topics, its instances, and what its counts ought to be. */
    private static final class WordCount {
        private final String protocol;
        private final String guarantee;
        private final String id;
        private final String lines;
        private final String counts;
        private final Map<String, Long> expected = new TreeMap<>();
        private final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        private int written = 0;
        private int instances = 0;

        WordCount(String protocol, String guarantee) {
            this.protocol = protocol;
            this.guarantee = guarantee;
            this.id = PREFIX + "-" + protocol + "-" + (guarantee.startsWith("exactly") ? "eos" : "alo");
            this.lines = id + "-lines";
            this.counts = id + "-counts";
        }

        void check() throws Exception {
            admin.createTopics(Arrays.asList(new NewTopic(lines, PARTITIONS, (short) 1), new NewTopic(counts, 1, (short) 1))).all().get();
            if (protocol.equals("streams")) setStandbyReplicas();
            KafkaStreams first = start();
            await("the first instance runs", () -> first.state() == KafkaStreams.State.RUNNING);
            write(100);
            awaitCounts("of one instance");
            expect(active(first) == 2 * PARTITIONS, "one instance has " + active(first) + " active tasks");

            KafkaStreams second = start();
            await("the second instance has its share", () -> active(second) == PARTITIONS && active(first) == PARTITIONS);
            await("both have standby tasks", () -> standby(first) > 0 && standby(second) > 0);
            write(100);
            awaitCounts("of two instances");
            await("the endpoints of both are known", () -> hosts(first) == 2 && hosts(second) == 2);

            if (protocol.equals("streams") && guarantee.equals("at_least_once")) ask("describe " + id);
            ask("restart");
            write(100);
            awaitCounts("after a restart of the broker");

            expect(first.close(Duration.ofSeconds(30)), "the first instance closes");
            await("the second instance takes over", () -> active(second) == 2 * PARTITIONS);
            write(100);
            awaitCounts("of the instance that is left");
            expect(second.close(Duration.ofSeconds(30)), "the second instance closes");
            expect(failures.isEmpty(), "an instance failed: " + failures);
        }

        private void setStandbyReplicas() throws Exception {
            ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, id);
            AlterConfigOp op = new AlterConfigOp(new ConfigEntry("streams.num.standby.replicas", "1"), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Collections.singletonMap(group, Collections.singletonList(op))).all().get();
        }

        private KafkaStreams start() throws Exception {
            Properties config = new Properties();
            config.put(StreamsConfig.APPLICATION_ID_CONFIG, id);
            config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, BOOTSTRAP);
            config.put("group.protocol", protocol);
            config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
            config.put(StreamsConfig.STATE_DIR_CONFIG, Files.createTempDirectory("ottla-streams-").toString());
            config.put(StreamsConfig.APPLICATION_SERVER_CONFIG, "127.0.0.1:" + (7000 + instances++));
            config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
            config.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, 1);
            config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
            config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
            config.put(StreamsConfig.PROBING_REBALANCE_INTERVAL_MS_CONFIG, 60_000);
            config.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
            if (protocol.equals("classic")) config.put(StreamsConfig.consumerPrefix("session.timeout.ms"), 10_000);
            StreamsBuilder builder = new StreamsBuilder();
            KStream<String, String> source = builder.stream(lines);
            source.flatMapValues(line -> Arrays.asList(line.split(" ")))
                .groupBy((key, word) -> word, Grouped.with("by-word", Serdes.String(), Serdes.String()))
                .count(Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("counts"))
                .toStream()
                .to(counts, Produced.with(Serdes.String(), Serdes.Long()));
            KafkaStreams streams = new KafkaStreams(builder.build(config), config);
            streams.setUncaughtExceptionHandler(error -> {
                failures.add(error);
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            });
            streams.start();
            return streams;
        }

        private void write(int count) throws Exception {
            Properties config = new Properties();
            config.put("bootstrap.servers", BOOTSTRAP);
            try (KafkaProducer<String, String> producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
                for (int end = written + count; written < end; written++) {
                    String[] words = {"w" + written % 7, "v" + written % 11};
                    producer.send(new ProducerRecord<>(lines, "line-" + written, String.join(" ", words)));
                    for (String word : words) expected.merge(word, 1L, Long::sum);
                }
            }
        }

        /** The last count of each word is what it should be, and no count was ever over it. */
        private void awaitCounts(String when) {
            Properties config = new Properties();
            config.put("bootstrap.servers", BOOTSTRAP);
            config.put("group.id", id + "-reader-" + written);
            config.put("auto.offset.reset", "earliest");
            config.put("isolation.level", "read_committed");
            Map<String, Long> seen = new TreeMap<>();
            try (KafkaConsumer<String, Long> consumer = new KafkaConsumer<>(config, new StringDeserializer(), new LongDeserializer())) {
                consumer.subscribe(Collections.singletonList(counts));
                long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
                while (!seen.equals(expected)) {
                    expect(System.nanoTime() < end, "counts " + when + " are " + seen + " and not " + expected);
                    consumer.poll(Duration.ofMillis(200)).forEach(record -> {
                        Long before = seen.put(record.key(), record.value());
                        boolean isExact = guarantee.startsWith("exactly") && before != null;
                        expect(!isExact || record.value() > before, record.key() + " goes from " + before + " to " + record.value());
                    });
                }
            }
        }

        private void await(String what, BooleanSupplier condition) throws Exception {
            long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (!condition.getAsBoolean()) {
                expect(failures.isEmpty(), "an instance failed: " + failures);
                expect(System.nanoTime() < end, "it was waited in vain until " + what);
                Thread.sleep(50);
            }
        }
    }

    /** Has something done by who runs this program. */
    private static void ask(String what) throws Exception {
        System.out.println(what);
        INPUT.readLine();
    }

    private static int active(KafkaStreams streams) {
        return streams.metadataForLocalThreads().stream().mapToInt(thread -> thread.activeTasks().size()).sum();
    }

    private static int standby(KafkaStreams streams) {
        return streams.metadataForLocalThreads().stream().mapToInt(thread -> thread.standbyTasks().size()).sum();
    }

    /** Instances whose partitions are known to this one. */
    private static long hosts(KafkaStreams streams) {
        return streams.metadataForAllStreamsClients().stream()
            .filter(each -> !each.topicPartitions().isEmpty()).map(StreamsMetadata::port).distinct().count();
    }

    private static void expect(boolean condition, String message) {
        if (!condition) throw new IllegalStateException(message);
    }

    private static void run(String title, Callable<Void> body) {
        try {
            body.call();
            report(title, "passed", "");
        } catch (Throwable failure) {
            report(title, "failed", failure + (failure.getCause() == null ? "" : " / " + failure.getCause()));
        }
    }

    private static void report(String title, String outcome, String detail) {
        String clean = detail.replace("\\", "/").replace("\"", "'").replace("\n", " ");
        System.out.printf("{\"client\": \"Kafka Streams\", \"version\": \"%s\", \"case\": \"%s\", \"outcome\": \"%s\", \"detail\": \"%s\"}%n",
            System.getenv("CLIENT_VERSION"), title, outcome, clean.substring(0, Math.min(500, clean.length())));
    }
}
