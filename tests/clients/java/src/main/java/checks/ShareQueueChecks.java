package checks;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;

/** Share groups with Apache Kafka's own share consumer (KIP-932), from 4.2 on. The broker lets locks be as short as a second. */
public final class ShareQueueChecks {
    private static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
    private static final String PREFIX = System.getenv("PREFIX") + "-share";
    private static final ExecutorService RUNNER = Executors.newCachedThreadPool();
    private static final int CROWD = 64;

    private static Admin admin;

    public static void main(String[] args) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", BOOTSTRAP);
        admin = Admin.create(config);
        run("implicit acknowledgement", ShareQueueChecks::implicit);
        run("accept, release, reject; delivery count grows", ShareQueueChecks::explicit);
        run("records at the delivery limit are archived", ShareQueueChecks::limit);
        run("a renewed lock outlives its time", ShareQueueChecks::renew);
        run("an expired lock gives records to another member", ShareQueueChecks::expiry);
        run("record_limit mode", ShareQueueChecks::recordLimit);
        run("read_committed", ShareQueueChecks::readCommitted);
        run("dead-letter topic", ShareQueueChecks::deadLetters);
        run("members share partitions as they come and go", ShareQueueChecks::rebalance);
        run("64 members on one partition, slow ones and leaving ones: each record is done once", ShareQueueChecks::crowd);
        admin.close();
        System.exit(0);
    }

    private static void run(String title, Callable<Void> body) {
        Future<Void> future = RUNNER.submit(body);
        try {
            future.get(360, TimeUnit.SECONDS);
            report(title, "passed", "");
        } catch (ExecutionException failure) {
            Throwable cause = failure.getCause();
            report(title, "failed", cause + (cause.getCause() == null ? "" : " / " + cause.getCause()));
        } catch (Exception failure) {
            report(title, "failed", "no end within 360 s");
        }
    }

    private static void report(String title, String outcome, String detail) {
        String clean = detail.replace("\\", "/").replace("\"", "'").replace("\n", " ");
        System.out.printf("{\"client\": \"Java share queues\", \"version\": \"%s\", \"case\": \"%s\", \"outcome\": \"%s\", \"detail\": \"%s\"}%n",
            System.getenv("CLIENT_VERSION"), title, outcome, clean.substring(0, Math.min(300, clean.length())));
    }

    private static void expect(boolean condition, String message) {
        if (!condition) throw new IllegalStateException(message);
    }

    private static String start(String name, int partitions, String... groupConfigs) throws Exception {
        String topic = PREFIX + "-" + name;
        admin.createTopics(Collections.singletonList(new NewTopic(topic, partitions, (short) 1))).all().get();
        configure(ConfigResource.Type.GROUP, topic, "share.auto.offset.reset", "earliest");
        for (int at = 0; at < groupConfigs.length; at += 2) {
            configure(ConfigResource.Type.GROUP, topic, groupConfigs[at], groupConfigs[at + 1]);
        }
        return topic;
    }

    private static void configure(ConfigResource.Type type, String name, String key, String value) throws Exception {
        AlterConfigOp op = new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Collections.singletonMap(new ConfigResource(type, name), Collections.singletonList(op))).all().get();
    }

    private static KafkaProducer<String, String> producer(Map<String, Object> extra) {
        Map<String, Object> config = new HashMap<>(extra);
        config.put("bootstrap.servers", BOOTSTRAP);
        config.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        config.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        return new KafkaProducer<>(config);
    }

    private static void produce(String topic, int count) {
        try (KafkaProducer<String, String> producer = producer(Collections.emptyMap())) {
            for (int i = 0; i < count; i++) producer.send(new ProducerRecord<>(topic, "key-" + i, "value-" + i));
        }
    }

    /** The group is called as the topic. */
    private static KafkaShareConsumer<String, String> member(String topic, String mode, Object... extra) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", BOOTSTRAP);
        config.put("group.id", topic);
        config.put("share.acknowledgement.mode", mode);
        config.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        config.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        for (int at = 0; at < extra.length; at += 2) config.put((String) extra[at], extra[at + 1]);
        KafkaShareConsumer<String, String> consumer = new KafkaShareConsumer<>(config);
        consumer.subscribe(Collections.singletonList(topic));
        return consumer;
    }

    private static ConsumerRecords<String, String> pollSome(KafkaShareConsumer<String, String> consumer) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (System.nanoTime() < deadline) {
            ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(500));
            if (!records.isEmpty()) return records;
        }
        throw new IllegalStateException("nothing came");
    }

    /** Decides on records until `count` of them came. */
    private static List<ConsumerRecord<String, String>> take(KafkaShareConsumer<String, String> consumer, int count, AcknowledgeType type) {
        List<ConsumerRecord<String, String>> taken = new ArrayList<>();
        while (taken.size() < count) {
            for (ConsumerRecord<String, String> record : pollSome(consumer)) {
                taken.add(record);
                consumer.acknowledge(record, type);
            }
            commit(consumer);
        }
        return taken;
    }

    private static void commit(KafkaShareConsumer<String, String> consumer) {
        for (Map.Entry<TopicIdPartition, Optional<KafkaException>> each : consumer.commitSync().entrySet()) {
            each.getValue().ifPresent(error -> {
                throw error;
            });
        }
    }

    private static void expectNothing(String topic) {
        try (KafkaShareConsumer<String, String> consumer = member(topic, "implicit")) {
            long deadline = System.nanoTime() + 2_000_000_000L;
            while (System.nanoTime() < deadline) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(300));
                expect(records.isEmpty(), records.count() + " records came again");
            }
        }
    }

    private static Void implicit() throws Exception {
        String topic = start("implicit", 1);
        produce(topic, 300);
        List<Long> offsets = new ArrayList<>();
        try (KafkaShareConsumer<String, String> consumer = member(topic, "implicit", "max.poll.records", 50)) {
            while (offsets.size() < 300) pollSome(consumer).forEach(record -> offsets.add(record.offset()));
            commit(consumer);
        }
        Collections.sort(offsets);
        for (int i = 0; i < 300; i++) expect(offsets.get(i) == i, "offset " + i + " did not come once");
        expectNothing(topic);
        return null;
    }

    private static Void explicit() throws Exception {
        String topic = start("explicit", 1);
        produce(topic, 9);
        try (KafkaShareConsumer<String, String> consumer = member(topic, "explicit")) {
            AcknowledgeType[] types = {AcknowledgeType.ACCEPT, AcknowledgeType.RELEASE, AcknowledgeType.REJECT};
            int seen = 0;
            while (seen < 9) {
                for (ConsumerRecord<String, String> record : pollSome(consumer)) {
                    seen++;
                    expect(record.deliveryCount().get() == 1, "first delivery counts " + record.deliveryCount());
                    consumer.acknowledge(record, types[(int) (record.offset() % 3)]);
                }
                commit(consumer);
            }
            for (ConsumerRecord<String, String> record : take(consumer, 3, AcknowledgeType.ACCEPT)) {
                expect(record.offset() % 3 == 1, "offset " + record.offset() + " came again");
                expect(record.deliveryCount().get() == 2, "second delivery counts " + record.deliveryCount());
            }
        }
        expectNothing(topic);
        return null;
    }

    private static Void limit() throws Exception {
        String topic = start("limit", 1, "share.delivery.count.limit", "3");
        produce(topic, 1);
        try (KafkaShareConsumer<String, String> consumer = member(topic, "explicit")) {
            for (int count = 1; count <= 3; count++) {
                ConsumerRecord<String, String> record = take(consumer, 1, AcknowledgeType.RELEASE).get(0);
                expect(record.deliveryCount().get() == count, "delivery " + count + " counts " + record.deliveryCount());
            }
        }
        expectNothing(topic);
        return null;
    }

    private static Void renew() throws Exception {
        String topic = start("renew", 1, "share.record.lock.duration.ms", "3000");
        produce(topic, 1);
        try (KafkaShareConsumer<String, String> busy = member(topic, "explicit");
             KafkaShareConsumer<String, String> other = member(topic, "implicit")) {
            ConsumerRecord<String, String> record = pollSome(busy).iterator().next();
            long deadline = System.nanoTime() + 7_000_000_000L;
            while (System.nanoTime() < deadline) {
                busy.acknowledge(record, AcknowledgeType.RENEW);
                commit(busy);
                expect(other.poll(Duration.ofMillis(500)).isEmpty(), "the record came to another member");
                busy.poll(Duration.ofMillis(100));
            }
            busy.acknowledge(record, AcknowledgeType.ACCEPT);
            commit(busy);
        }
        expectNothing(topic);
        return null;
    }

    private static Void expiry() throws Exception {
        String topic = start("expiry", 1, "share.record.lock.duration.ms", "1000");
        produce(topic, 1);
        try (KafkaShareConsumer<String, String> slow = member(topic, "explicit");
             KafkaShareConsumer<String, String> quick = member(topic, "explicit")) {
            ConsumerRecord<String, String> late = pollSome(slow).iterator().next();
            expect(slow.acquisitionLockTimeoutMs().get() == 1000, "lock time is " + slow.acquisitionLockTimeoutMs());
            ConsumerRecord<String, String> again = take(quick, 1, AcknowledgeType.ACCEPT).get(0);
            expect(again.deliveryCount().get() == 2, "second delivery counts " + again.deliveryCount());
            slow.acknowledge(late, AcknowledgeType.ACCEPT);
            boolean isRefused = slow.commitSync().values().stream().allMatch(Optional::isPresent);
            expect(isRefused, "a lock that was over could still accept");
        }
        return null;
    }

    private static Void recordLimit() throws Exception {
        String topic = start("limited", 1);
        produce(topic, 40);
        try (KafkaShareConsumer<String, String> consumer =
                 member(topic, "implicit", "max.poll.records", 7, "share.acquire.mode", "record_limit")) {
            int seen = 0;
            while (seen < 40) {
                int count = pollSome(consumer).count();
                expect(count <= 7, count + " records at once");
                seen += count;
            }
        }
        return null;
    }

    private static Void readCommitted() throws Exception {
        String topic = start("committed", 1, "share.isolation.level", "read_committed");
        try (KafkaProducer<String, String> producer = producer(Collections.singletonMap("transactional.id", topic))) {
            producer.initTransactions();
            for (String value : new String[] {"no-1", "yes-1", "no-2", "yes-2"}) {
                producer.beginTransaction();
                for (int i = 0; i < 5; i++) producer.send(new ProducerRecord<>(topic, value));
                producer.flush();
                if (value.startsWith("yes")) producer.commitTransaction();
                else producer.abortTransaction();
            }
        }
        try (KafkaShareConsumer<String, String> consumer = member(topic, "explicit")) {
            for (ConsumerRecord<String, String> record : take(consumer, 10, AcknowledgeType.ACCEPT)) {
                expect(record.value().startsWith("yes"), "an aborted record came: " + record.value());
            }
        }
        expectNothing(topic);
        return null;
    }

    private static Void deadLetters() throws Exception {
        String topic = start("dead", 1, "errors.deadletterqueue.topic.name", "dlq." + PREFIX, "errors.deadletterqueue.copy.record.enable", "true");
        Map<String, String> enabled = Collections.singletonMap("errors.deadletterqueue.group.enable", "true");
        admin.createTopics(Collections.singletonList(new NewTopic("dlq." + PREFIX, 1, (short) 1).configs(enabled))).all().get();
        produce(topic, 3);
        try (KafkaShareConsumer<String, String> consumer = member(topic, "explicit")) {
            take(consumer, 3, AcknowledgeType.REJECT);
        }
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", BOOTSTRAP);
        config.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        config.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config)) {
            TopicPartition partition = new TopicPartition("dlq." + PREFIX, 0);
            consumer.assign(Collections.singletonList(partition));
            consumer.seekToBeginning(Collections.singletonList(partition));
            List<String> found = new ArrayList<>();
            long deadline = System.nanoTime() + 60_000_000_000L;
            while (found.size() < 3 && System.nanoTime() < deadline) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(300))) {
                    Header offset = record.headers().lastHeader("__dlq.errors.offset");
                    found.add(new String(offset.value(), StandardCharsets.UTF_8) + record.value());
                }
            }
            Collections.sort(found);
            expect(found.toString().equals("[0value-0, 1value-1, 2value-2]"), "dead letters are " + found);
        }
        return null;
    }

    private static Void rebalance() throws Exception {
        String topic = start("rebalance", 4);
        ConcurrentHashMap<String, AtomicInteger> done = new ConcurrentHashMap<>();
        List<Future<Void>> members = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            int rounds = 3 + 4 * i;
            members.add(RUNNER.submit(() -> {
                try (KafkaShareConsumer<String, String> consumer = member(topic, "explicit", "max.poll.records", 20)) {
                    for (int round = 0; round < rounds || done.size() < 400; round++) accept(consumer, done);
                }
                return null;
            }));
        }
        try (KafkaProducer<String, String> producer = producer(Collections.emptyMap())) {
            for (int i = 0; i < 400; i++) producer.send(new ProducerRecord<>(topic, i % 4, null, "value-" + i));
        }
        for (Future<Void> member : members) member.get(60, TimeUnit.SECONDS);
        expectEachOnce(done, 400);
        return null;
    }

    /** Accepts what comes in one poll; what could be stored is noted by value. */
    private static void accept(KafkaShareConsumer<String, String> consumer, Map<String, AtomicInteger> done) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        consumer.poll(Duration.ofMillis(200)).forEach(records::add);
        records.forEach(consumer::acknowledge);
        note(consumer, records, done);
    }

    private static void note(
        KafkaShareConsumer<String, String> consumer, List<ConsumerRecord<String, String>> records, Map<String, AtomicInteger> done) {
        Map<Integer, Boolean> stored = new TreeMap<>();
        consumer.commitSync().forEach((partition, error) -> stored.put(partition.partition(), error.isEmpty()));
        for (ConsumerRecord<String, String> record : records) {
            if (stored.getOrDefault(record.partition(), false)) {
                done.computeIfAbsent(record.value(), value -> new AtomicInteger()).incrementAndGet();
            }
        }
    }

    private static void expectEachOnce(Map<String, AtomicInteger> done, int count) {
        expect(done.size() == count, done.size() + " of " + count + " records are done");
        done.forEach((value, times) -> expect(times.get() == 1, value + " was done " + times + " times"));
    }

    private static Void crowd() throws Exception {
        int total = 4000;
        String topic = start("crowd", 1, "share.record.lock.duration.ms", "3000", "share.delivery.count.limit", "10");
        ConcurrentHashMap<String, AtomicInteger> done = new ConcurrentHashMap<>();
        AtomicInteger late = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(CROWD);
        List<Future<Void>> members = new ArrayList<>();
        for (int i = 0; i < CROWD; i++) {
            Random random = new Random(i);
            members.add(threads.submit(() -> {
                while (done.size() < total) {
                    try (KafkaShareConsumer<String, String> consumer = member(topic, "explicit", "max.poll.records", 10)) {
                        for (int round = 0; round < 40 && done.size() < total; round++) {
                            int fate = random.nextInt(20);
                            if (fate > 1) accept(consumer, done);
                            else if (fate == 1) work(consumer, late, done);
                            // Leaves with records that it did not decide on.
                            else if (!consumer.poll(Duration.ofMillis(200)).isEmpty()) break;
                        }
                    }
                }
                return null;
            }));
        }
        produce(topic, total);
        for (Future<Void> member : members) member.get(330, TimeUnit.SECONDS);
        threads.shutdown();
        expectEachOnce(done, total);
        expectNothing(topic);
        return null;
    }

    /** Slower than its locks. */
    private static void work(KafkaShareConsumer<String, String> consumer, AtomicInteger late, Map<String, AtomicInteger> done)
        throws InterruptedException {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        consumer.poll(Duration.ofMillis(200)).forEach(records::add);
        if (records.isEmpty()) return;
        if (late.incrementAndGet() % 4 == 0) Thread.sleep(3900);
        records.forEach(consumer::acknowledge);
        note(consumer, records, done);
    }
}
