package checks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ShareGroupDescription;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** Apache Kafka's own share consumer against a started broker. Compiles against every release from 4.2 on. */
public final class ShareChecks {
    private static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
    private static final String PREFIX = System.getenv("PREFIX") + "-share";
    private static final ExecutorService RUNNER = Executors.newCachedThreadPool();

    private static Admin admin;

    public static void main(String[] args) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", BOOTSTRAP);
        admin = Admin.create(config);
        run("every record reaches the group once", ShareChecks::implicit);
        run("a new group starts at the end, or where it is told", ShareChecks::startOffsets);
        run("records are accepted, released and rejected", ShareChecks::explicit);
        run("a record that is released too often is archived", ShareChecks::deliveryLimit);
        run("what a closed consumer has not acknowledged goes to others", ShareChecks::closed);
        run("eight consumers share one partition", ShareChecks::shared);
        run("a lock is renewed", ShareChecks::renewed);
        run("an aborted transaction is not delivered to read_committed groups", ShareChecks::transactions);
        run("share groups are listed, described and deleted", ShareChecks::administration);
        run("offsets of share groups are listed, altered and deleted", ShareChecks::offsets);
        run("a topic created anew begins anew", ShareChecks::recreated);
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
        System.out.printf("{\"client\": \"Java share consumers\", \"version\": \"%s\", \"case\": \"%s\", \"outcome\": \"%s\", \"detail\": \"%s\"}%n",
            System.getenv("CLIENT_VERSION"), title, outcome, clean.substring(0, Math.min(300, clean.length())));
    }

    private static void expect(boolean condition, String message) {
        if (!condition) throw new IllegalStateException(message);
    }

    private static void create(String topic, int partitions) throws Exception {
        admin.createTopics(Collections.singletonList(new NewTopic(topic, partitions, (short) 1))).all().get();
    }

    private static void configure(String group, String... keysAndValues) throws Exception {
        List<AlterConfigOp> ops = new ArrayList<>();
        for (int i = 0; i < keysAndValues.length; i += 2)
            ops.add(new AlterConfigOp(new ConfigEntry(keysAndValues[i], keysAndValues[i + 1]), AlterConfigOp.OpType.SET));
        admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, group), ops)).all().get();
    }

    private static Properties clientConfig() {
        Properties config = new Properties();
        config.put("bootstrap.servers", BOOTSTRAP);
        config.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        config.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        return config;
    }

    private static void produce(String topic, int from, int to) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(clientConfig())) {
            List<Future<?>> sent = new ArrayList<>();
            for (int i = from; i < to; i++) sent.add(producer.send(new ProducerRecord<>(topic, "key-" + i, "value-" + i)));
            for (Future<?> each : sent) each.get();
        }
    }

    private static KafkaShareConsumer<String, String> consumer(String group, String mode, String topic) {
        Properties config = new Properties();
        config.put("bootstrap.servers", BOOTSTRAP);
        config.put("group.id", group);
        config.put("share.acknowledgement.mode", mode);
        config.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        config.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        KafkaShareConsumer<String, String> consumer = new KafkaShareConsumer<>(config);
        consumer.subscribe(Collections.singletonList(topic));
        return consumer;
    }

    /** Polls until so many records came; acknowledges each as `decide` says (null: not at all). */
    private static List<ConsumerRecord<String, String>> poll(
        KafkaShareConsumer<String, String> consumer, int count, Function<ConsumerRecord<String, String>, AcknowledgeType> decide
    ) {
        List<ConsumerRecord<String, String>> got = new ArrayList<>();
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (got.size() < count && System.nanoTime() < deadline) {
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500))) {
                got.add(record);
                AcknowledgeType type = decide.apply(record);
                if (type != null) consumer.acknowledge(record, type);
            }
        }
        expect(got.size() >= count, "got " + got.size() + " of " + count);
        return got;
    }

    private static void commit(KafkaShareConsumer<String, String> consumer) {
        for (Map.Entry<TopicIdPartition, Optional<KafkaException>> each : consumer.commitSync(Duration.ofSeconds(20)).entrySet())
            expect(each.getValue().isEmpty(), each.getKey() + ": " + each.getValue());
    }

    private static Set<String> values(List<ConsumerRecord<String, String>> records) {
        Set<String> values = new HashSet<>();
        for (ConsumerRecord<String, String> record : records) values.add(record.value());
        return values;
    }

    private static void expectNothing(KafkaShareConsumer<String, String> consumer, Duration time) {
        long deadline = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < deadline)
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) throw new IllegalStateException("again: " + record.value());
    }

    private static Void implicit() throws Exception {
        String topic = PREFIX + "-implicit";
        create(topic, 3);
        configure(topic, "share.auto.offset.reset", "earliest");
        produce(topic, 0, 300);
        try (KafkaShareConsumer<String, String> consumer = consumer(topic, "implicit", topic)) {
            List<ConsumerRecord<String, String>> got = poll(consumer, 300, record -> null);
            expect(got.size() == 300 && values(got).size() == 300, got.size() + " deliveries of " + values(got).size() + " records");
            for (ConsumerRecord<String, String> record : got) expect(record.deliveryCount().orElse((short) 0) == 1, "delivered before: " + record.value());
            commit(consumer);
            produce(topic, 300, 310);
            expect(values(poll(consumer, 10, record -> null)).size() == 10, "new records came");
            commit(consumer);
        }
        try (KafkaShareConsumer<String, String> consumer = consumer(topic, "implicit", topic)) {
            expectNothing(consumer, Duration.ofSeconds(2));
        }
        return null;
    }

    private static Void startOffsets() throws Exception {
        String topic = PREFIX + "-start";
        create(topic, 1);
        produce(topic, 0, 10);
        try (KafkaShareConsumer<String, String> latest = consumer(topic + "-latest", "implicit", topic)) {
            // The group starts when the leader first hears of it.
            long deadline = System.nanoTime() + 60_000_000_000L;
            while (!hasStarted(topic + "-latest", new TopicPartition(topic, 0)) && System.nanoTime() < deadline) expectNothing(latest, Duration.ofMillis(200));
            produce(topic, 10, 15);
            Set<String> got = values(poll(latest, 5, record -> null));
            expect(!got.contains("value-9") && got.contains("value-14"), "latest got " + got);
        }
        configure(topic + "-duration", "share.auto.offset.reset", "by_duration:PT1H");
        try (KafkaShareConsumer<String, String> lastHour = consumer(topic + "-duration", "implicit", topic)) {
            expect(values(poll(lastHour, 15, record -> null)).size() == 15, "all of the last hour");
        }
        return null;
    }

    private static boolean hasStarted(String group, TopicPartition partition) throws Exception {
        for (GroupListing listed : admin.listGroups().all().get()) {
            if (!listed.groupId().equals(group)) continue;
            SharePartitionOffsetInfo info = offsetsOf(group).get(partition);
            return info != null && info.startOffset() >= 0;
        }
        return false;
    }

    private static Void explicit() throws Exception {
        String topic = PREFIX + "-explicit";
        create(topic, 1);
        configure(topic, "share.auto.offset.reset", "earliest");
        produce(topic, 0, 30);
        try (KafkaShareConsumer<String, String> consumer = consumer(topic, "explicit", topic)) {
            AcknowledgeType[] types = {AcknowledgeType.ACCEPT, AcknowledgeType.RELEASE, AcknowledgeType.REJECT};
            poll(consumer, 30, record -> types[(int) record.offset() % 3]);
            commit(consumer);
            List<ConsumerRecord<String, String>> again = poll(consumer, 10, record -> AcknowledgeType.ACCEPT);
            commit(consumer);
            for (ConsumerRecord<String, String> record : again) {
                expect(record.offset() % 3 == 1, "offset " + record.offset() + " came again");
                expect(record.deliveryCount().orElse((short) 0) == 2, "delivery " + record.deliveryCount());
            }
            expectNothing(consumer, Duration.ofSeconds(1));
        }
        return null;
    }

    private static Void deliveryLimit() throws Exception {
        String topic = PREFIX + "-limit";
        create(topic, 1);
        configure(topic, "share.auto.offset.reset", "earliest", "share.delivery.count.limit", "2");
        produce(topic, 0, 3);
        try (KafkaShareConsumer<String, String> consumer = consumer(topic, "explicit", topic)) {
            for (int delivery = 1; delivery <= 2; delivery++) {
                for (ConsumerRecord<String, String> record : poll(consumer, 3, record -> AcknowledgeType.RELEASE))
                    expect(record.deliveryCount().orElse((short) 0) == delivery, "delivery " + record.deliveryCount());
                commit(consumer);
            }
            expectNothing(consumer, Duration.ofSeconds(2));
            produce(topic, 3, 4);
            expect(values(poll(consumer, 1, record -> AcknowledgeType.ACCEPT)).contains("value-3"), "the group goes on");
        }
        return null;
    }

    private static Void closed() throws Exception {
        String topic = PREFIX + "-closed";
        create(topic, 1);
        configure(topic, "share.auto.offset.reset", "earliest");
        produce(topic, 0, 20);
        KafkaShareConsumer<String, String> first = consumer(topic, "explicit", topic);
        poll(first, 20, record -> record.offset() < 5 ? AcknowledgeType.ACCEPT : AcknowledgeType.RELEASE);
        first.close();
        try (KafkaShareConsumer<String, String> second = consumer(topic, "implicit", topic)) {
            List<ConsumerRecord<String, String>> rest = poll(second, 15, record -> null);
            for (ConsumerRecord<String, String> record : rest) expect(record.offset() >= 5, "offset " + record.offset() + " came again");
        }
        return null;
    }

    private static Void shared() throws Exception {
        String topic = PREFIX + "-shared";
        int consumers = 8;
        int records = 2_000;
        create(topic, 1);
        configure(topic, "share.auto.offset.reset", "earliest", "share.assignment.interval.ms", "0");
        Map<String, Integer> deliveries = new ConcurrentHashMap<>();
        AtomicInteger working = new AtomicInteger();
        List<Future<?>> threads = new ArrayList<>();
        for (int i = 0; i < consumers; i++) {
            threads.add(RUNNER.submit(() -> {
                int mine = 0;
                long deadline = System.nanoTime() + 60_000_000_000L;
                try (KafkaShareConsumer<String, String> consumer = consumer(topic, "implicit", topic)) {
                    while (deliveries.size() < records && System.nanoTime() < deadline) {
                        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                            deliveries.merge(record.value(), 1, Integer::sum);
                            mine++;
                        }
                    }
                    // What is not acknowledged when a consumer closes goes to others.
                    commit(consumer);
                }
                if (mine > 0) working.incrementAndGet();
                return null;
            }));
        }
        for (int from = 0; from < records; from += 200) {
            produce(topic, from, from + 200);
            Thread.sleep(700);
        }
        for (Future<?> thread : threads) thread.get();
        expect(deliveries.size() == records, "got " + deliveries.size());
        int twice = 0;
        for (int count : deliveries.values()) if (count > 1) twice++;
        expect(twice == 0, twice + " records were delivered more than once");
        expect(working.get() >= 2, working.get() + " consumers worked");
        return null;
    }

    private static Void renewed() throws Exception {
        String topic = PREFIX + "-renewed";
        create(topic, 1);
        configure(topic, "share.auto.offset.reset", "earliest");
        produce(topic, 0, 2);
        try (KafkaShareConsumer<String, String> consumer = consumer(topic, "explicit", topic)) {
            poll(consumer, 2, record -> AcknowledgeType.RENEW);
            commit(consumer);
            List<ConsumerRecord<String, String>> still = poll(consumer, 2, record -> AcknowledgeType.ACCEPT);
            for (ConsumerRecord<String, String> record : still) expect(record.deliveryCount().orElse((short) 0) == 1, "delivery " + record.deliveryCount());
            commit(consumer);
            expectNothing(consumer, Duration.ofSeconds(1));
        }
        return null;
    }

    private static Void transactions() throws Exception {
        String topic = PREFIX + "-transactions";
        create(topic, 1);
        configure(topic, "share.auto.offset.reset", "earliest", "share.isolation.level", "read_committed");
        Properties config = clientConfig();
        config.put("transactional.id", topic);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config)) {
            producer.initTransactions();
            for (String outcome : new String[] {"aborted", "committed"}) {
                producer.beginTransaction();
                for (int i = 0; i < 5; i++) producer.send(new ProducerRecord<>(topic, outcome));
                if (outcome.equals("committed")) producer.commitTransaction();
                else producer.abortTransaction();
            }
        }
        try (KafkaShareConsumer<String, String> consumer = consumer(topic, "implicit", topic)) {
            Set<String> got = values(poll(consumer, 5, record -> null));
            expect(got.equals(Set.of("committed")), "got " + got);
        }
        return null;
    }

    private static Void administration() throws Exception {
        String topic = PREFIX + "-admin";
        create(topic, 2);
        try (KafkaShareConsumer<String, String> consumer = consumer(topic, "implicit", topic)) {
            long deadline = System.nanoTime() + 60_000_000_000L;
            do consumer.poll(Duration.ofMillis(500));
            while (assignedTo(topic).isEmpty() && System.nanoTime() < deadline);
            Optional<GroupListing> listed = admin.listGroups().all().get().stream().filter(group -> group.groupId().equals(topic)).findFirst();
            expect(listed.isPresent() && listed.get().type().equals(Optional.of(GroupType.SHARE)), "listed " + listed);
            ShareGroupDescription described = admin.describeShareGroups(List.of(topic)).all().get().get(topic);
            expect(described.groupState() == GroupState.STABLE, "state " + described.groupState());
            expect(described.members().size() == 1, "members " + described.members());
            Set<TopicPartition> assigned = assignedTo(topic);
            expect(assigned.equals(Set.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1))), "assigned " + assigned);
            expectError("GroupNotEmptyException", () -> admin.deleteShareGroups(List.of(topic)).all().get());
        }
        expect(admin.describeShareGroups(List.of(topic)).all().get().get(topic).groupState() == GroupState.EMPTY, "the group is empty");
        admin.deleteShareGroups(List.of(topic)).all().get();
        expectError("GroupIdNotFoundException", () -> admin.describeShareGroups(List.of(topic)).all().get());
        expectError("GroupIdNotFoundException", () -> admin.deleteShareGroups(List.of(topic)).all().get());
        return null;
    }

    private static Set<TopicPartition> assignedTo(String group) throws Exception {
        Set<TopicPartition> assigned = new HashSet<>();
        admin.describeShareGroups(List.of(group)).all().get().get(group).members().forEach(member -> assigned.addAll(member.assignment().topicPartitions()));
        return assigned;
    }

    private static Void offsets() throws Exception {
        String topic = PREFIX + "-offsets";
        TopicPartition partition = new TopicPartition(topic, 0);
        create(topic, 1);
        configure(topic, "share.auto.offset.reset", "earliest");
        produce(topic, 0, 10);
        try (KafkaShareConsumer<String, String> consumer = consumer(topic, "implicit", topic)) {
            poll(consumer, 10, record -> null);
            commit(consumer);
            expectError("GroupNotEmptyException", () -> admin.alterShareGroupOffsets(topic, Map.of(partition, 3L)).all().get());
        }
        // Apache Kafka moves the start offset later.
        expect(offsetsOf(topic).get(partition).lag().equals(Optional.of(0L)), "lag " + offsetsOf(topic));
        admin.alterShareGroupOffsets(topic, Map.of(partition, 3L)).all().get();
        expectOffset(topic, partition, 3, 7);
        try (KafkaShareConsumer<String, String> consumer = consumer(topic, "implicit", topic)) {
            List<ConsumerRecord<String, String>> got = poll(consumer, 7, record -> null);
            for (ConsumerRecord<String, String> record : got) expect(record.offset() >= 3, "offset " + record.offset());
            commit(consumer);
        }
        admin.deleteShareGroupOffsets(topic, Set.of(topic)).all().get();
        Map<TopicPartition, SharePartitionOffsetInfo> left = offsetsOf(topic);
        expect(left.isEmpty(), "left " + left);
        return null;
    }

    private static Map<TopicPartition, SharePartitionOffsetInfo> offsetsOf(String group) throws Exception {
        return admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec())).partitionsToOffsetInfo(group).get();
    }

    private static void expectOffset(String group, TopicPartition partition, long start, long lag) throws Exception {
        SharePartitionOffsetInfo info = offsetsOf(group).get(partition);
        expect(info != null && info.startOffset() == start && info.lag().equals(Optional.of(lag)), "offset " + info);
    }

    private static Void recreated() throws Exception {
        String topic = PREFIX + "-recreated";
        create(topic, 1);
        configure(topic, "share.auto.offset.reset", "earliest");
        produce(topic, 0, 10);
        try (KafkaShareConsumer<String, String> consumer = consumer(topic, "implicit", topic)) {
            poll(consumer, 10, record -> null);
            commit(consumer);
        }
        admin.deleteTopics(List.of(topic)).all().get();
        create(topic, 1);
        produce(topic, 10, 15);
        try (KafkaShareConsumer<String, String> consumer = consumer(topic, "implicit", topic)) {
            expect(values(poll(consumer, 5, record -> null)).contains("value-14"), "records of the new topic");
        }
        return null;
    }

    private static void expectError(String name, Callable<?> body) throws Exception {
        try {
            body.call();
        } catch (ExecutionException failure) {
            expect(failure.getCause().getClass().getSimpleName().equals(name), "not " + name + ": " + failure.getCause());
            return;
        }
        throw new IllegalStateException("no " + name);
    }
}
