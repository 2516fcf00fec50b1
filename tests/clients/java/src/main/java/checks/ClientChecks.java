package checks;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicExistsException;

/** Apache Kafka's own Java clients against a started broker. Compiles against every release from 2.4 on. */
public final class ClientChecks {
    private static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
    private static final String PREFIX = System.getenv("PREFIX") + "-java";
    private static final String FILLER = String.join("", Collections.nCopies(100, "abcdefghij"));
    private static final ExecutorService RUNNER = Executors.newCachedThreadPool();

    private static Admin admin;

    public static void main(String[] args) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", BOOTSTRAP);
        admin = Admin.create(config);
        run("create, describe, alter, delete topics", ClientChecks::administration);
        for (String codec : new String[] {"none", "gzip", "snappy", "lz4", "zstd"}) {
            run("produce and consume " + codec, () -> roundTrip(codec, Collections.singletonMap("compression.type", codec)));
        }
        run("idempotent producer", () -> roundTrip("idempotent", Collections.singletonMap("enable.idempotence", true)));
        run("acks 0 and 1", ClientChecks::weakAcks);
        run("group resumes from its commit", ClientChecks::resume);
        run("two members share the partitions", ClientChecks::members);
        run("static member keeps its partitions", ClientChecks::staticMember);
        run("offsets by end and by time", ClientChecks::offsets);
        run("errors reach the application", ClientChecks::errors);
        admin.close();
        System.exit(0);
    }

    private static void run(String title, Callable<Void> body) {
        Future<Void> future = RUNNER.submit(body);
        try {
            future.get(180, TimeUnit.SECONDS);
            report(title, "passed", "");
        } catch (ExecutionException failure) {
            Throwable cause = failure.getCause();
            report(title, "failed", cause + (cause.getCause() == null ? "" : " / " + cause.getCause()));
        } catch (Exception failure) {
            report(title, "failed", "no end within 180 s");
        }
    }

    private static void report(String title, String outcome, String detail) {
        String clean = detail.replace("\\", "/").replace("\"", "'").replace("\n", " ");
        System.out.printf("{\"client\": \"Java clients\", \"version\": \"%s\", \"case\": \"%s\", \"outcome\": \"%s\", \"detail\": \"%s\"}%n",
            System.getenv("CLIENT_VERSION"), title, outcome, clean.substring(0, Math.min(300, clean.length())));
    }

    private static void expect(boolean condition, String message) {
        if (!condition) throw new IllegalStateException(message);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void create(String topic, int partitions, Map<String, String> configs) throws Exception {
        admin.createTopics(Collections.singletonList(new NewTopic(topic, partitions, (short) 1).configs(configs))).all().get();
    }

    private static List<RecordMetadata> produce(String topic, int count, Map<String, Object> extra) throws Exception {
        Map<String, Object> config = new HashMap<>(extra);
        config.put("bootstrap.servers", BOOTSTRAP);
        config.put("key.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer");
        config.put("value.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer");
        List<RecordMetadata> acked = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config)) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, bytes("key-" + i), bytes("value-" + i + "-" + FILLER));
                record.headers().add("h", bytes("1"));
                sent.add(producer.send(record));
            }
            for (Future<RecordMetadata> each : sent) acked.add(each.get());
        }
        return acked;
    }

    private static KafkaConsumer<byte[], byte[]> consumer(String group, Map<String, Object> extra) {
        Map<String, Object> config = new HashMap<>(extra);
        config.put("bootstrap.servers", BOOTSTRAP);
        config.put("group.id", group);
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", "false");
        config.put("key.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
        config.put("value.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
        return new KafkaConsumer<>(config);
    }

    private static List<ConsumerRecord<byte[], byte[]>> consume(String topic, int count, String group) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(group, Collections.singletonMap("max.poll.records", 10))) {
            consumer.subscribe(Collections.singletonList(topic));
            List<ConsumerRecord<byte[], byte[]>> got = new ArrayList<>();
            long deadline = System.nanoTime() + 60_000_000_000L;
            while (got.size() < count && System.nanoTime() < deadline) consumer.poll(Duration.ofMillis(500)).forEach(got::add);
            expect(got.size() >= count, "read " + got.size() + " of " + count);
            ConsumerRecord<byte[], byte[]> last = got.get(count - 1);
            consumer.commitSync(Collections.singletonMap(new TopicPartition(topic, last.partition()), new OffsetAndMetadata(last.offset() + 1)));
            return got.subList(0, count);
        }
    }

    private static Void roundTrip(String name, Map<String, Object> config) throws Exception {
        String topic = PREFIX + "-" + name;
        create(topic, 1, Collections.emptyMap());
        List<RecordMetadata> acked = produce(topic, 300, config);
        for (int i = 0; i < 300; i++) expect(acked.get(i).offset() == i, "acknowledged offsets are not dense");
        List<ConsumerRecord<byte[], byte[]>> got = consume(topic, 300, topic + "-group");
        for (int i = 0; i < 300; i++) {
            ConsumerRecord<byte[], byte[]> record = got.get(i);
            expect(record.offset() == i && new String(record.key()).equals("key-" + i) && new String(record.value()).equals("value-" + i + "-" + FILLER), "record " + i + " differs");
            expect(new String(record.headers().lastHeader("h").value()).equals("1"), "headers differ");
        }
        return null;
    }

    private static Void weakAcks() throws Exception {
        for (String acks : new String[] {"0", "1"}) {
            String topic = PREFIX + "-acks-" + acks;
            create(topic, 1, Collections.emptyMap());
            Map<String, Object> config = new HashMap<>();
            config.put("acks", acks);
            config.put("enable.idempotence", false);
            produce(topic, 100, config);
            consume(topic, 100, topic + "-group");
        }
        return null;
    }

    private static Void administration() throws Exception {
        String topic = PREFIX + "-admin";
        create(topic, 2, Collections.singletonMap("retention.ms", "3600000"));
        try {
            create(topic, 2, Collections.emptyMap());
            throw new IllegalStateException("a second creation succeeded");
        } catch (ExecutionException failure) {
            expect(failure.getCause() instanceof TopicExistsException, "second creation: " + failure.getCause());
        }
        admin.createPartitions(Collections.singletonMap(topic, NewPartitions.increaseTo(5))).all().get();
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (partitions(topic) != 5) expect(System.nanoTime() < deadline, "partitions did not grow");
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Config config = admin.describeConfigs(Collections.singletonList(resource)).all().get().get(resource);
        expect(config.get("retention.ms").value().equals("3600000"), "retention.ms differs");
        expect(!config.get("retention.ms").isDefault() && config.get("segment.bytes").isDefault(), "config sources differ");
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, admin.describeCluster().nodes().get().iterator().next().idString());
        expect(admin.describeConfigs(Collections.singletonList(broker)).all().get().get(broker).get("num.partitions") != null, "broker configs miss num.partitions");
        admin.deleteTopics(Collections.singletonList(topic)).all().get();
        while (admin.listTopics().names().get().contains(topic)) expect(System.nanoTime() < deadline, "topic is still listed");
        return null;
    }

    private static int partitions(String topic) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(PREFIX + "-partitions", Collections.emptyMap())) {
            return consumer.partitionsFor(topic).size();
        }
    }

    private static Void resume() throws Exception {
        String topic = PREFIX + "-resume";
        create(topic, 1, Collections.emptyMap());
        produce(topic, 100, Collections.emptyMap());
        consume(topic, 40, topic + "-group");
        List<ConsumerRecord<byte[], byte[]>> rest = consume(topic, 60, topic + "-group");
        expect(rest.get(0).offset() == 40, "resumed at " + rest.get(0).offset());
        expect(admin.listConsumerGroupOffsets(topic + "-group").partitionsToOffsetAndMetadata().get().get(new TopicPartition(topic, 0)).offset() == 100, "committed offset differs");
        admin.deleteConsumerGroups(Collections.singletonList(topic + "-group")).all().get();
        return null;
    }

    private static Void members() throws Exception {
        String topic = PREFIX + "-members";
        create(topic, 4, Collections.emptyMap());
        for (String strategy : new String[] {"RangeAssignor", "RoundRobinAssignor", "StickyAssignor", "CooperativeStickyAssignor"}) {
            Map<String, Object> config = Collections.singletonMap("partition.assignment.strategy", "org.apache.kafka.clients.consumer." + strategy);
            String group = topic + "-" + strategy;
            try (KafkaConsumer<byte[], byte[]> first = consumer(group, config); KafkaConsumer<byte[], byte[]> second = consumer(group, config)) {
                first.subscribe(Collections.singletonList(topic));
                second.subscribe(Collections.singletonList(topic));
                long deadline = System.nanoTime() + 60_000_000_000L;
                while (first.assignment().size() != 2 || second.assignment().size() != 2) {
                    first.poll(Duration.ofMillis(100));
                    second.poll(Duration.ofMillis(100));
                    expect(System.nanoTime() < deadline, strategy + ": " + first.assignment() + second.assignment());
                }
                expect(admin.describeConsumerGroups(Collections.singletonList(group)).all().get().get(group).members().size() == 2, "members differ");
            }
        }
        return null;
    }

    private static Void staticMember() throws Exception {
        String topic = PREFIX + "-static";
        create(topic, 2, Collections.emptyMap());
        Map<String, Object> config = Collections.singletonMap("group.instance.id", "one");
        for (int round = 0; round < 2; round++) {
            try (KafkaConsumer<byte[], byte[]> consumer = consumer(topic + "-group", config)) {
                consumer.subscribe(Collections.singletonList(topic));
                long deadline = System.nanoTime() + 60_000_000_000L;
                while (consumer.assignment().size() != 2) {
                    consumer.poll(Duration.ofMillis(100));
                    expect(System.nanoTime() < deadline, "round " + round + ": " + consumer.assignment());
                }
            }
        }
        return null;
    }

    private static Void offsets() {
        TopicPartition partition = new TopicPartition(PREFIX + "-none", 0);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(PREFIX + "-offsets", Collections.emptyMap())) {
            expect(consumer.beginningOffsets(Collections.singletonList(partition)).get(partition) == 0, "beginning differs");
            expect(consumer.endOffsets(Collections.singletonList(partition)).get(partition) == 300, "end differs");
            expect(consumer.offsetsForTimes(Collections.singletonMap(partition, 0L)).get(partition).offset() == 0, "lookup by time differs");
            expect(consumer.offsetsForTimes(Collections.singletonMap(partition, Long.MAX_VALUE / 2)).get(partition) == null, "lookup of a late time differs");
        }
        return null;
    }

    private static Void errors() throws Exception {
        String topic = PREFIX + "-errors";
        create(topic, 1, Collections.singletonMap("max.message.bytes", "2000"));
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", BOOTSTRAP);
        config.put("key.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer");
        config.put("value.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer");
        byte[] value = new byte[20_000];
        new Random(1).nextBytes(value);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config)) {
            producer.send(new ProducerRecord<>(topic, value)).get();
            throw new IllegalStateException("a record over the limit was accepted");
        } catch (ExecutionException failure) {
            expect(failure.getCause() instanceof RecordTooLargeException, "a record over the limit: " + failure.getCause());
        }
        return null;
    }
}
